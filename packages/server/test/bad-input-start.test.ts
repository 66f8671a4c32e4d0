/**
 * Bad input: a start that cannot be. Each refusal has a code and says in words what to do; nothing is damaged by it.
 */
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import { createServer } from '../src/index.ts';
import { mayMount, mounted } from './mounts.ts';
import { folder, greeted, prepared, running } from './running.ts';

/** A folder with the file of a server that has stopped, holding this many jobs. */
async function used(jobs = 1): Promise<{ dir: string; file: string }> {
  const dir = folder();
  const server = await running({ dir });
  const client = await greeted(server);
  for (let n = 0; n < jobs; n++)
    await client.push(`kept-${String(n).padStart(5, '0')}`, { args: ['x'.repeat(200)] });
  await server.stop();
  return { dir, file: join(dir, 'faktory.db') };
}

/** Asserts that this folder is refused with STORAGE, in words that match, and that its file stays as it is. */
async function refused(dir: string, file: string, words: RegExp): Promise<void> {
  const before = readFileSync(file);
  await expect(prepared({ dir }).start()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(words),
  });
  expect(readFileSync(file).equals(before)).toBe(true);
}

test('a port in use is refused with its address, and the folder is free again', async () => {
  const first = await running();
  const dir = folder();
  const second = prepared({ dir, port: first.port });
  await expect(second.start()).rejects.toMatchObject({
    code: 'LISTEN',
    message: expect.stringContaining(`127.0.0.1:${first.port}`),
  });
  await (await greeted(first)).push('still-001');
  const third = await running({ dir });
  await (await greeted(third)).push('job-00001');
});

test.skipIf(process.platform !== 'linux')(
  'a port in use is refused with the process that has it',
  async () => {
    const first = await running();
    await expect(prepared({ port: first.port }).start()).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.pid} (`),
    });
    const http = { port: first.port };
    await expect(prepared({ http }).start()).rejects.toMatchObject({
      code: 'LISTEN',
      message: expect.stringMatching(new RegExp(`for HTTP is in use by process ${process.pid} .* with -w`)),
    });
  },
);

test('an address that is not ours is refused', async () => {
  const server = prepared({ host: '203.0.113.7', password: 'hunter2' });
  await expect(server.start()).rejects.toMatchObject({
    code: 'LISTEN',
    message: expect.stringContaining('203.0.113.7'),
  });
});

test('a file where the folder should be is refused by its name', async () => {
  const file = join(folder(), 'a-file');
  writeFileSync(file, 'mine');
  for (const dir of [file, join(file, 'below')]) {
    await expect(prepared({ dir }).start()).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringContaining(dir),
    });
  }
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test.skipIf(process.platform !== 'linux')(
  'a folder that cannot be made is refused, even for root',
  async () => {
    const dir = '/proc/faktory-test';
    await expect(prepared({ dir }).start()).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringContaining(dir),
    });
  },
);

// Root may write into any folder, but not onto a read-only file system.
const root = process.getuid?.() === 0;
const skipped = root && !mayMount && !process.env.CI;
if (skipped)
  console.warn('SKIPPED: a read-only folder, because root may write anywhere and may not mount here');
test.skipIf(skipped)('a folder without the right to write is refused by its name', async () => {
  const dir = root ? mounted('size=1m,ro') : join(folder(), 'read-only');
  if (!root) mkdirSync(dir, { mode: 0o500 });
  await expect(prepared({ dir }).start()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining(dir),
  });
});

test('a folder held by a server is refused by the number of its process, again and again, until that server stops', async () => {
  const dir = folder();
  const first = await running({ dir });
  const client = await greeted(first);
  await client.push('job-00001');
  for (let round = 0; round < 3; round++) {
    await expect(prepared({ dir }).start()).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(new RegExp(`\\b${process.pid}\\b`)),
    });
  }
  await client.push('job-00002');
  await first.stop();
  const second = await running({ dir });
  expect((await second.info()).faktory.queues).toEqual({ default: 2 });
});

test.each<[string, Buffer]>([
  ['text', Buffer.from('this is no database, it is a shopping list\n'.repeat(100))],
  ['one byte', Buffer.from('x')],
  ['zeros', Buffer.alloc(8192)],
  ['noise', Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * 7919) & 0xff))],
])('a file of %s is refused, not overwritten', async (_, content) => {
  const dir = folder();
  const file = join(dir, 'faktory.db');
  writeFileSync(file, content);
  await refused(dir, file, /faktory\.db/);
});

test('an empty file is a new store', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'faktory.db'), '');
  await (await greeted(await running({ dir }))).push('job-00001');
});

test('a SQLite file of another program is refused, not changed', async () => {
  const dir = folder();
  const file = join(dir, 'faktory.db');
  const foreign = openDatabase(file);
  foreign.exec(`CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('Ada')`);
  foreign.close();
  await refused(dir, file, /faktory\.db/);
  const again = openDatabase(file);
  expect(again.prepare('SELECT name FROM customers').get()).toEqual({ name: 'Ada' });
  again.close();
});

test('a file of a newer version is refused in words, not changed', async () => {
  const { dir, file } = await used();
  const db = openDatabase(file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  await refused(dir, file, /newer|version/i);
});

test('a file cut short is refused, and works again once restored', async () => {
  const { dir, file } = await used(200);
  const backup = `${file}.backup`;
  copyFileSync(file, backup);
  truncateSync(file, Math.floor(statSync(file).size / 2));
  await expect(prepared({ dir }).start()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/faktory\.db/),
  });
  copyFileSync(backup, file);
  const server = await running({ dir });
  expect((await server.info()).faktory.queues).toEqual({ default: 200 });
});

test('a damaged page is refused at the start, or told in words when it is met: the process lives', async () => {
  const { dir, file } = await used(200);
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096, bytes.length - 4096);
  writeFileSync(file, bytes);
  const server = prepared({ dir });
  const failed = await server.start().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failed !== undefined) {
    expect(failed).toMatchObject({ code: 'STORAGE', message: expect.stringMatching(/faktory\.db/) });
    return;
  }
  const client = await greeted(server);
  expect(await client.ask('FETCH default')).toMatch(/^-ERR storage failed|^\$ \{/);
  expect(await client.ask('INFO')).toMatch(/^\$ \{|^-ERR storage/);
});

test.each([
  [{ port: 70_000 }, 'port'],
  [{ port: -1 }, 'port'],
  [{ maxLineBytes: 0 }, 'maxLineBytes'],
  [{ deadLimit: 1.5 }, 'deadLimit'],
  [{ http: { port: 99_999 } }, 'http.port'],
  [{ sync: 'sometimes' as 'full' }, 'sync'],
])('an option that makes no sense is refused by its name: %j', (options, name) => {
  expect(() => createServer(options)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }),
  );
});
