import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FileWatch } from './watch-files.ts';

let cwd: string;
let watch: FileWatch;
const changed = vi.fn<(file: string) => void>();
const trouble = vi.fn<(message: string) => void>();

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-watch-'));
  await mkdir(path.join(cwd, 'deep/er'), { recursive: true });
  await mkdir(path.join(cwd, 'node_modules/x'), { recursive: true });
  await mkdir(path.join(cwd, '.git'));
  watch = new FileWatch({ changed, trouble });
  watch.add([cwd]);
});

afterEach(async () => {
  watch.stop();
  vi.clearAllMocks();
  await rm(cwd, { recursive: true });
});

const write = (file: string): Promise<void> => writeFile(path.join(cwd, file), 'x');
const told = (file: string): Promise<void> =>
  vi.waitFor(() => expect(changed.mock.calls.flat()).toContain(path.join(cwd, file)), 10_000);

test.each(['a.ts', 'deep/b.mjs', 'deep/er/c.json'])('a change of %s is reported', async (file) => {
  await write(file);
  await told(file);
});

test('changes that come together are reported once', async () => {
  await Promise.all(['a.ts', 'deep/b.ts', 'deep/er/c.ts'].map(write));
  await vi.waitFor(() => expect(changed).toHaveBeenCalled(), 10_000);
  expect(changed).toHaveBeenCalledTimes(1);
});

test('node_modules, dot folders and files that are no code are ignored', async () => {
  await Promise.all(['node_modules/x/a.js', '.git/a.js', 'data.db', 'deep/a.log'].map(write));
  await write('deep/last.ts');
  await told('deep/last.ts');
  expect(changed.mock.calls).toEqual([[path.join(cwd, 'deep/last.ts')]]);
});

test('a new folder is watched, and code that was in it before is reported', async () => {
  await mkdir(path.join(cwd, 'fresh'));
  await write('fresh/a.ts');
  await told('fresh/a.ts');
  await write('fresh/b.ts');
  await told('fresh/b.ts');
});

test('a folder that is removed and made again is watched again', async () => {
  await rm(path.join(cwd, 'deep'), { recursive: true });
  await mkdir(path.join(cwd, 'deep'));
  await write('deep/a.ts');
  await told('deep/a.ts');
  await write('deep/b.ts');
  await told('deep/b.ts');
});

test('a missing folder is reported, and the others are watched', async () => {
  watch.add([path.join(cwd, 'nowhere')]);
  expect(trouble).toHaveBeenCalledWith(expect.stringContaining('nowhere'));
  await write('a.ts');
  await told('a.ts');
});
