import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OpenedFiles } from './opened-files.ts';

test('a deleted or replaced file is lost until the same file is back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'opened-files-'));
  const paths = [join(dir, 'faktory.db'), join(dir, 'faktory.lock')];
  try {
    for (const path of paths) writeFileSync(path, '');
    const files = new OpenedFiles([...paths, join(dir, 'never-there')]);
    expect(await files.lost()).toBeUndefined();
    for (const path of paths) {
      renameSync(path, `${path}.away`);
      expect(await files.lost()).toBe(path);
      writeFileSync(path, ''); // another file in its place
      expect(await files.lost()).toBe(path);
      renameSync(`${path}.away`, path);
      expect(await files.lost()).toBeUndefined();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a file is not lost when its folder cannot be read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'opened-files-'));
  try {
    const path = join(dir, 'faktory.db');
    writeFileSync(path, '');
    const files = new OpenedFiles([path], () => Promise.reject(new Error('EIO')));
    rmSync(path);
    expect(await files.lost()).toBeUndefined();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
