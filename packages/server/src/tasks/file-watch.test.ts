import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { StorageErrors } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { FileWatch } from './file-watch.ts';

it('a store or a lock that was deleted or replaced refuses pushes and is an error, until the same file is back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'file-watch-'));
  const [store, lock] = [join(dir, 'faktory.db'), join(dir, 'faktory.lock')];
  try {
    for (const path of [store, lock]) writeFileSync(path, '');
    const jobs = { refusePushes: vi.fn(), engine: { storageErrors: new StorageErrors() } };
    const watch = new FileWatch(jobs as unknown as Jobs, [store, lock]);
    await watch.start();
    await watch.check();
    expect(jobs.engine.storageErrors.current()).toEqual([]);
    expect(jobs.refusePushes).not.toHaveBeenCalled();

    for (const path of [store, lock]) {
      renameSync(path, `${path}.away`);
      await watch.check();
      writeFileSync(path, ''); // another one in its place
      await watch.check();
      expect(jobs.engine.storageErrors.current()).toEqual(['gone']);
      expect(jobs.refusePushes).toHaveBeenCalledTimes(1);
      expect(jobs.refusePushes).toHaveBeenCalledWith(
        'gone',
        expect.objectContaining({ code: 'STORAGE', message: expect.stringContaining(path) }),
      );
      renameSync(`${path}.away`, path);
      await watch.check();
      expect(jobs.engine.storageErrors.current()).toEqual([]);
      expect(jobs.refusePushes).toHaveBeenLastCalledWith('gone', undefined);
      jobs.refusePushes.mockClear();
    }
    watch.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it('a folder that cannot be looked at says nothing about the file', async () => {
  const jobs = { refusePushes: vi.fn(), engine: { storageErrors: new StorageErrors() } };
  let broken = false;
  const watch = new FileWatch(jobs as unknown as Jobs, ['store'], async () => {
    if (broken) throw new Error('EIO');
    return '1 2';
  });
  await watch.start();
  broken = true;
  await watch.check();
  watch.stop();
  expect(jobs.refusePushes).not.toHaveBeenCalled();
});
