import { expect, it, vi } from 'vitest';
import { type LostFile, StorageErrors } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { FileWatch } from './file-watch.ts';

function watched() {
  const jobs = {
    refusePushes: vi.fn(),
    engine: { figures: { storageErrors: new StorageErrors() } },
    archive: { lostFile: async () => scene.lost },
  };
  const watch = new FileWatch(jobs as unknown as Jobs);
  const scene: { lost?: LostFile } = {};
  return { jobs, watch, scene, current: () => jobs.engine.figures.storageErrors.current() };
}

for (const [path, kind] of [
  ['/data/faktory.db', 'gone'],
  ['/data/faktory.db-wal', 'log_gone'],
] as const)
  it(`pushes are refused and a storage error is reported until a lost ${path} is back`, async () => {
    const { jobs, watch, scene, current } = watched();
    await watch.check();
    expect(current()).toEqual([]);
    expect(jobs.refusePushes).not.toHaveBeenCalled();
    scene.lost = { path, kind };
    await watch.check();
    await watch.check();
    expect(current()).toEqual([kind]);
    expect(jobs.refusePushes).toHaveBeenCalledTimes(1);
    expect(jobs.refusePushes).toHaveBeenCalledWith(
      'gone',
      expect.objectContaining({ code: 'STORAGE', message: expect.stringContaining(`${path} was deleted`) }),
    );
    delete scene.lost;
    await watch.check();
    expect(current()).toEqual([]);
    expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', undefined);
  });

it('a lost lock file is reported, and pushes go on because no job is at risk', async () => {
  const { jobs, watch, scene, current } = watched();
  scene.lost = { path: '/data/faktory.lock', kind: 'lock_gone' };
  await watch.check();
  expect(current()).toEqual(['lock_gone']);
  expect(jobs.refusePushes).not.toHaveBeenCalled();
  scene.lost = { path: '/data/faktory.db', kind: 'gone' };
  await watch.check();
  expect(current()).toEqual(['gone']);
  expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', expect.objectContaining({ code: 'STORAGE' }));
});

it('pushes are refused as long as any file of the jobs is lost, and each end is told only when it is one', async () => {
  const { jobs, watch, scene, current } = watched();
  const ended: string[] = [];
  jobs.engine.figures.storageErrors.listen({ failed() {}, recovered: (kind) => void ended.push(kind) });
  const losses: [LostFile, string[]][] = [
    [{ path: '/data/faktory.db-wal', kind: 'log_gone' }, []],
    [{ path: '/data/faktory.db', kind: 'gone' }, []], // whether the log is back cannot be known
    [{ path: '/data/faktory.db-wal', kind: 'log_gone' }, ['gone']],
  ];
  for (const [lost, ends] of losses) {
    scene.lost = lost;
    await watch.check();
    expect([current(), ended]).toEqual([[lost.kind], ends]);
    expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', expect.objectContaining({ code: 'STORAGE' }));
  }
  scene.lost = { path: '/data/faktory.lock', kind: 'lock_gone' };
  await watch.check();
  expect(ended).toEqual(['gone', 'log_gone']);
  expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', undefined);
  delete scene.lost;
  await watch.check();
  expect([current(), ended]).toEqual([[], ['gone', 'log_gone', 'lock_gone']]);
});
