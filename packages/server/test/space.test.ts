/**
 * The room that the store takes on the disk: free room is used, counts, and goes back to the file system; a damaged store is salvaged.
 */
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import { DataFolder } from '../src/index.ts';
import { mayMount, mounted } from './mounts.ts';
import { eventually, folder, greeted, prepared, running } from './running.ts';
import type { WireClient } from './wire-client.ts';

const skipped = !mayMount && !process.env.CI;
if (skipped) console.warn('SKIPPED: a disk that fills up needs root and a mount of its own');

const argument = 'x'.repeat(4000);
const MB = 1_000_000;

async function bulk(client: WireClient, queue: string, count = 500, name: string = queue): Promise<string> {
  const jobs = Array.from({ length: count }, (_, n) => ({
    jid: `${name}-${n}`.padEnd(8, '-'),
    jobtype: 'T',
    queue,
    args: [argument],
  }));
  return client.ask(`PUSHB ${JSON.stringify(jobs)}`);
}

/** A stopped folder: a backlog of so many thousand jobs has gone from it, one job is left. */
async function afterBacklog(thousands: number, dir = folder()): Promise<string> {
  const server = prepared({ dir });
  await server.start();
  const client = await greeted(server);
  await client.push('still-here-1');
  for (let n = 0; n < thousands; n++) await bulk(client, 'big', 1000, `big${n}`);
  expect(await client.ask('QUEUE REMOVE big')).toBe('+OK');
  await server.stop();
  return dir;
}

test.skipIf(skipped)(
  'pushes are taken again by themselves once the backlog that filled the disk is gone, also after a restart',
  async () => {
    const dir = mounted('size=110m');
    const server = prepared({ dir, diskReserve: 40 * 1024 * 1024 });
    await server.start();
    const client = await greeted(server);
    let bulks = 0;
    while ((await bulk(client, 'big', 500, `big${bulks}`)) === '$ {}') bulks++;
    expect(bulks).toBeGreaterThan(5);
    expect(await client.ask('QUEUE REMOVE big')).toBe('+OK');
    await eventually(async () => (await bulk(client, 'small', 1)) === '$ {}');
    await server.stop();
    const again = await running({ dir, diskReserve: 40 * 1024 * 1024 });
    const second = await greeted(again);
    for (let round = 0; round < 10; round++) {
      expect(await bulk(second, 'day', 500, `day${round}`)).toBe('$ {}');
      expect(await second.ask('QUEUE REMOVE day')).toBe('+OK');
    }
  },
  120_000,
);

test('free room goes back to the file system in bites, and the file is as long as its jobs need', async () => {
  const dir = await afterBacklog(4);
  const file = join(dir, 'faktory.db');
  expect(statSync(file).size).toBeGreaterThan(15 * MB);
  const { engine, archive } = sqliteBackend({ dir, sync: 'off', clock: () => Date.now() * 1000 });
  await engine.open();
  try {
    const before = await archive.space();
    expect(before).toMatchObject({ canShrink: true });
    expect(before.free).toBeGreaterThan(15 * MB);
    const bite = await archive.shrink(512 * 1024);
    expect(bite).toBeGreaterThan(0);
    expect(bite).toBeLessThanOrEqual(512 * 1024);
    while ((await archive.shrink(MB)) > 0) expect(await engine.queues()).toHaveLength(1);
    await archive.emptyLog();
    expect(await archive.space()).toMatchObject({ free: 0, log: 0 });
    expect(statSync(file).size).toBeLessThan(MB);
    expect(await engine.fetch({ queues: ['default'], wid: 'w1' })).toMatchObject({ jid: 'still-here-1' });
  } finally {
    await engine.close();
  }
}, 60_000);

test.skipIf(skipped)(
  'a backup asks for room for the jobs, not for the file',
  async () => {
    const dir = await afterBacklog(8, mounted('size=100m'));
    expect(statSync(join(dir, 'faktory.db')).size).toBeGreaterThan(30 * MB);
    const left = new DataFolder(dir);
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(50 * MB, 1));
    expect(await left.backup()).toMatchObject({ jobs: { ready: 1 } });
  },
  60_000,
);

test('a file that was made without it cannot give room back until it is compacted, which makes it as small as its jobs', async () => {
  const dir = folder();
  const old = openDatabase(join(dir, 'faktory.db'));
  old.exec('PRAGMA page_size = 2048; PRAGMA application_id = 0x466b5473; VACUUM');
  old.close();
  await afterBacklog(4, dir);
  const space = async () => {
    const { engine, archive } = sqliteBackend({ dir, sync: 'off', clock: () => Date.now() * 1000 });
    await engine.open();
    const shrunk = await archive.shrink(MB);
    const { canShrink, free } = await archive.space();
    await engine.close();
    return { canShrink, free, shrunk };
  };
  expect(await space()).toMatchObject({ canShrink: false, shrunk: 0 });
  const { before, after } = new DataFolder(dir).compact();
  expect(before).toBeGreaterThan(15 * MB);
  expect(after).toBeLessThan(MB);
  expect(await space()).toEqual({ canShrink: true, free: 0, shrunk: 0 });
  expect(new DataFolder(dir).check().jobs.ready).toBe(1);
}, 60_000);

test('a store that can give room back is compacted too, and a backup writes nothing to it', async () => {
  const dir = folder();
  const server = prepared({ dir, sync: 'full' });
  await server.start();
  await server.stop();
  const data = new DataFolder(dir);
  const before = readFileSync(join(dir, 'faktory.db'));
  await data.backup();
  expect(readFileSync(join(dir, 'faktory.db')).equals(before)).toBe(true);
  const { after } = data.compact();
  expect(after).toBe(statSync(join(dir, 'faktory.db')).size);
});

test('a store that a server holds is neither compacted nor salvaged', async () => {
  const server = await running({ dir: folder() });
  const data = new DataFolder(server.dir);
  expect(() => data.compact()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
  await expect(data.salvage()).rejects.toMatchObject({ code: 'LOCKED' });
});

/** Overwrites the last page that holds this text: earlier ones may be of the time when the table was one page. */
function damage(file: string, text: string): void {
  const pageSize = 2048;
  const at = readFileSync(file).lastIndexOf(text);
  expect(at).toBeGreaterThan(pageSize);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(pageSize, 0xff), 0, pageSize, at - (at % pageSize));
  closeSync(fd);
}

async function hundredJobs(): Promise<string> {
  const dir = folder();
  const server = prepared({ dir });
  await server.start();
  const client = await greeted(server);
  for (let n = 0; n < 50; n++) {
    await client.push(`ready-${n}-`, { queue: 'mail', args: ['x'.repeat(700)] });
    await client.push(`later-${n}-`, { at: '2030-01-01T00:00:00Z', args: ['x'.repeat(700)] });
  }
  await server.stop();
  return dir;
}

const jidsIn = (data: DataFolder): string[] =>
  [...data.dump()].flatMap((line) => /"jid":"([^"]+)"/.exec(line)?.[1] ?? []);

test('salvage makes a store of what can be read, names what cannot, and keeps the damaged one', async () => {
  const dir = await hundredJobs();
  damage(join(dir, 'faktory.db'), 'later-20-"');
  const data = new DataFolder(dir);
  expect(() => data.check()).toThrow(expect.objectContaining({ code: 'STORAGE' }));
  const { jobs, loss, aside } = await data.salvage();
  expect(jobs).toBeGreaterThan(90);
  expect(loss.jids).toContain('later-20-');
  expect(loss.scheduled).toBe(loss.jids.length);
  const lost = loss.scheduled + (loss.ready.mail ?? 0);
  expect(jobs + lost).toBe(100);
  expect(loss.stretches).toHaveLength(1);
  const kept = jidsIn(data);
  expect(kept).toHaveLength(jobs);
  expect(kept.filter((jid) => loss.jids.includes(jid))).toEqual([]);
  expect(statSync(join(aside, 'faktory.db')).size).toBeGreaterThan(0);
  const server = await running({ dir });
  expect(await (await greeted(server, 'w1')).fetch('mail')).toBe('ready-0-');
});

test('salvage of a file that was cut short ends, and keeps the rows before the cut', async () => {
  const dir = await hundredJobs();
  const file = join(dir, 'faktory.db');
  truncateSync(file, Math.floor((statSync(file).size * 0.8) / 2048) * 2048);
  const { jobs, loss } = await new DataFolder(dir).salvage();
  expect(jobs).toBeLessThan(100);
  expect(loss.stretches.length + loss.tables.length).toBeGreaterThan(0);
  expect(readdirSync(dir).filter((name) => name.startsWith('.salvaged'))).toEqual([]);
});

test('salvage of a sound store keeps every job and says that nothing is lost', async () => {
  const dir = await hundredJobs();
  const data = new DataFolder(dir);
  const before = jidsIn(data);
  const { jobs, loss } = await data.salvage();
  expect(jobs).toBe(100);
  const none = {
    scheduled: 0,
    retries: 0,
    working: 0,
    dead: 0,
    jids: [],
    stretches: [],
    tables: [],
    missingLog: false,
  };
  expect(loss).toEqual({ ready: {}, ...none });
  expect(jidsIn(data)).toEqual(before);
});

test('salvage goes on without the jobs of a log that is missing, and says that they are lost', async () => {
  const dir = await hundredJobs();
  const db = openDatabase(join(dir, 'faktory.db'));
  db.exec('INSERT OR REPLACE INTO mark (id, written_at) VALUES (2, 1); PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  await expect(prepared({ dir }).start()).rejects.toMatchObject({ code: 'STORAGE' });
  const data = new DataFolder(dir);
  expect(await data.salvage()).toMatchObject({ jobs: 100, loss: { missingLog: true } });
  expect((await (await running({ dir })).info()).faktory.queues).toEqual({ mail: 50 });
});

/** Overwrites bytes of the file. */
function overwrite(file: string, start: number, bytes: number, value: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(bytes, value), 0, bytes, start);
  closeSync(fd);
}

for (const [what, start, bytes, value] of [
  ['zeroed', 0, 2048, 0],
  ['overwritten', 0, 2048, 0xff],
  ['without its first sector', 0, 512, 0],
  ['without its list of tables', 100, 1948, 0xff],
  ['with an empty list of tables', 103, 2, 0],
] as const)
  test(`salvage of a store whose first page is ${what} keeps every job and names that page`, async () => {
    const dir = await hundredJobs();
    const data = new DataFolder(dir);
    if (start === 0) data.compact(); // the tables begin elsewhere than in a new store
    const before = jidsIn(data);
    overwrite(join(dir, 'faktory.db'), start, bytes, value);
    const damaged = readFileSync(join(dir, 'faktory.db'));
    const { jobs, loss, aside } = await data.salvage();
    expect(jobs).toBe(100);
    expect(loss).toMatchObject({ ready: {}, jids: [], stretches: [], tables: ['the first page'] });
    expect(jidsIn(data)).toEqual(before);
    expect(readFileSync(join(aside, 'faktory.db')).equals(damaged)).toBe(true);
    expect(readdirSync(dir).filter((name) => name.startsWith('.salvaged'))).toEqual([]);
    const server = await running({ dir });
    expect(await (await greeted(server, 'w1')).fetch('mail')).toBe('ready-0-');
  });

test('salvage without the first page reads the jobs that are only in the log', async () => {
  const dir = folder();
  const server = await running({ dir, sync: 'full' });
  const client = await greeted(server);
  for (let n = 0; n < 50; n++) await client.push(`logged-${n}-`, { args: ['x'.repeat(700)] });
  const copy = folder();
  for (const name of ['faktory.db', 'faktory.db-wal']) copyFileSync(join(dir, name), join(copy, name));
  overwrite(join(copy, 'faktory.db'), 0, 2048, 0xff);
  expect((await new DataFolder(copy).salvage()).jobs).toBe(50);
});

test('salvage without the first page reads a log that has no first page either', async () => {
  const dir = await hundredJobs();
  const file = join(dir, 'faktory.db');
  const db = openDatabase(file);
  db.exec("PRAGMA wal_autocheckpoint = 0; UPDATE job SET losses = 2 WHERE jid = 'ready-7-'");
  const copy = folder();
  for (const name of ['faktory.db', 'faktory.db-wal']) copyFileSync(join(dir, name), join(copy, name));
  db.close();
  const log = readFileSync(join(copy, 'faktory.db-wal'));
  const frames = Array.from({ length: (log.length - 32) / (24 + 2048) }, (_, n) =>
    log.readUInt32BE(32 + n * 2072),
  );
  expect(frames).not.toContain(1);
  overwrite(join(copy, 'faktory.db'), 0, 2048, 0xff);
  const data = new DataFolder(copy);
  expect((await data.salvage()).jobs).toBe(100);
  const changed = [...data.dump()].find((line) => line.includes('"jid":"ready-7-"'));
  expect(changed).toContain('"losses":2');
});

test('salvage of a file that is no store says what to do and leaves the file as it was', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'faktory.db'), 'no database at all. '.repeat(1000));
  await expect(new DataFolder(dir).salvage()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/first page is damaged.*faktory restore/),
  });
  expect(readFileSync(join(dir, 'faktory.db'), 'utf8')).toContain('no database at all');
  expect(readdirSync(dir).filter((name) => /salvaged|replaced/.test(name))).toEqual([]);
});

test('a salvage that is ended leaves the store as it was and nothing of the new one', async () => {
  const dir = await hundredJobs();
  const data = new DataFolder(dir);
  const before = readFileSync(join(dir, 'faktory.db'));
  const ended = data.salvage({ signal: AbortSignal.abort() });
  await expect(ended).rejects.toMatchObject({
    code: 'ABORTED',
    message: expect.stringContaining('unchanged'),
  });
  expect(readFileSync(join(dir, 'faktory.db')).equals(before)).toBe(true);
  expect(readdirSync(dir).filter((name) => /salvaged|replaced/.test(name))).toEqual([]);
  expect((await data.salvage()).jobs).toBe(100); // the folder is free again
});

test('a start deletes what a restore, compact or salvage that was killed left', async () => {
  const dir = folder();
  const left = [
    '.salvaged.db',
    '.salvaged.db-source',
    '.compacted.db',
    '.restored.db',
    '.restored.db-journal',
  ];
  for (const name of left) writeFileSync(join(dir, name), 'half a store');
  await running({ dir });
  expect(readdirSync(dir).filter((name) => left.includes(name))).toEqual([]);
});
