import { expect, it, vi } from 'vitest';
import { StorageErrors } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { FileWatch } from './file-watch.ts';

it('pushes are refused and a storage error is reported until a lost file is back', async () => {
  let lost: string | undefined;
  const jobs = {
    refusePushes: vi.fn(),
    engine: { storageErrors: new StorageErrors() },
    archive: { lostFile: async () => lost },
  };
  const watch = new FileWatch(jobs as unknown as Jobs);
  await watch.check();
  expect(jobs.engine.storageErrors.current()).toEqual([]);
  expect(jobs.refusePushes).not.toHaveBeenCalled();
  lost = '/data/faktory.db';
  await watch.check();
  await watch.check();
  expect(jobs.engine.storageErrors.current()).toEqual(['gone']);
  expect(jobs.refusePushes).toHaveBeenCalledTimes(1);
  expect(jobs.refusePushes).toHaveBeenCalledWith(
    'gone',
    expect.objectContaining({
      code: 'STORAGE',
      message: expect.stringContaining('/data/faktory.db was deleted'),
    }),
  );
  lost = undefined;
  await watch.check();
  expect(jobs.engine.storageErrors.current()).toEqual([]);
  expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', undefined);
});
