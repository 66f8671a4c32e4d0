/**
 * The data folder is its owner's alone, whatever the umask of the process says, and whatever an earlier version left.
 */
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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

test.skipIf(process.platform === 'win32')(
  'a start takes the rights of other users from the folder, its files and backups, and logs one line',
  async () => {
    const dir = join(folder(), 'data');
    const outside = join(folder(), 'outside');
    await (await running({ dir })).stop();
    new TokenFile(dir, 'test').add('reader', 'read');
    const backups = join(dir, 'backups');
    mkdirSync(backups);
    writeFileSync(join(backups, 'a.db.gz'), '');
    writeFileSync(outside, '');
    chmodSync(outside, 0o644);
    symlinkSync(outside, join(backups, 'link'));
    const files = ['faktory.db', 'audit.log', 'tokens.json', 'faktory.lock', 'backups/a.db.gz'];
    for (const name of files) chmodSync(join(dir, name), 0o666);
    chmodSync(backups, 0o777);
    chmodSync(dir, 0o755);
    const lines: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void lines.push(text) };
    await (await running({ dir, log })).stop();
    expect([dir, backups].map(mode)).toEqual(['700', '700']);
    expect(files.map((name) => mode(join(dir, name)))).toEqual(files.map(() => '600'));
    expect(mode(outside)).toBe('644');
    const repaired = lines.filter((line) => line.startsWith('other users could read or write'));
    expect(repaired).toEqual([expect.stringContaining(join(dir, 'tokens.json'))]);
  },
);

test.skipIf(process.platform === 'win32')(
  'a folder that has files of others too keeps its mode',
  async () => {
    const dir = folder();
    writeFileSync(join(dir, 'notes.txt'), '');
    chmodSync(join(dir, 'notes.txt'), 0o644);
    chmodSync(dir, 0o755);
    await (await running({ dir })).stop();
    expect([dir, join(dir, 'notes.txt')].map(mode)).toEqual(['755', '644']);
  },
);

test.skipIf(process.platform === 'win32')(
  'an empty folder that other users can read is made private at the first start',
  async () => {
    const dir = folder();
    chmodSync(dir, 0o755);
    await (await running({ dir })).stop();
    expect(mode(dir)).toBe('700');
  },
);
