/**
 * The data folder is its owner's alone, whatever the umask of the process says, and whatever an earlier version left.
 */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TokenFile } from '../src/index.ts';
import { folder, greeted, running } from './running.ts';

const umask = process.umask();
afterEach(() => void process.umask(umask));

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test.skipIf(process.platform === 'win32')('a new data folder is 0700 and every file in it 0600', async () => {
  process.umask(0);
  const dir = join(folder(), 'data');
  const server = await running({ dir });
  expect(mode(dir)).toBe('700');
  await (await greeted(server)).ask('FLUSH');
  new TokenFile(dir, 'test').add('reader', 'read');
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['audit.log', 'faktory.db', 'faktory.db-wal', 'faktory.lock', 'tokens.json']),
  );
  expect(files.filter(({ name }) => mode(join(dir, name)) !== '600').map(({ name }) => name)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'what everybody could read no longer is; what a group may read stays so',
  async () => {
    const dir = folder();
    const first = await running({ dir });
    await first.stop();
    const file = join(dir, 'faktory.db');
    for (const [before, after] of [
      ['644', '600'],
      ['640', '640'],
    ] as const) {
      chmodSync(file, Number.parseInt(before, 8));
      await (await running({ dir })).stop();
      expect(mode(file)).toBe(after);
    }
  },
);
