/**
 * Backups: made beside a server at work, proved before an older one goes, and restored so that at no moment there is no store.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import { type Backup, DataFolder } from '../src/index.ts';
import { mayMount, mounted } from './mounts.ts';
import { folder, greeted, prepared, running, TestClock } from './running.ts';

const skipped = !mayMount && !process.env.CI;
if (skipped) console.warn('SKIPPED: a backup on a full disk needs root and a mount of its own');

/** The task looks at its clock each second. */
const within = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });

const push = (jid: string): string => `PUSH {"jid":"${jid}","jobtype":"T","args":[]}`;

/** A stopped store with these jobs. */
async function store(dir: string, ...jids: string[]): Promise<DataFolder> {
  const server = prepared({ dir });
  await server.start();
  const client = await greeted(server);
  for (const jid of jids) await client.ask(push(jid));
  await server.stop();
  return new DataFolder(dir, new TestClock().now);
}

const jidsIn = (data: DataFolder): string[] =>
  [...data.dump()].flatMap((line) => /"jid":"([^"]+)"/.exec(line)?.[1] ?? []);

const copyOf = ({ dir }: DataFolder, { id }: Backup): string => join(dir, 'backups', `${id}.db.gz`);

test('a backup that clients go on beside has all that was confirmed before it', async () => {
  const dir = folder();
  const server = await running({ dir });
  const [pusher, asker] = [await greeted(server), await greeted(server)];
  for (let n = 0; n < 500; n++) await pusher.ask(push(`before-${n}`));
  expect(await asker.ask('EXT {"v":1}')).toMatch(/^\$ /);
  const making = asker.json<Backup>('BACKUP');
  let during = 0;
  let ended = false;
  const end = () => {
    ended = true; // also when it fails: the loop must not go on for ever
  };
  making.then(end, end);
  while (!ended) await pusher.ask(push(`during-${during++}`));
  const made = await making;
  expect(made).toMatchObject({ format: expect.any(Number), jobs: { scheduled: 0, dead: 0 } });
  expect(made.jobs.ready).toBeGreaterThanOrEqual(500);
  expect(made.jobs.ready).toBeLessThanOrEqual(500 + during);
  expect(await asker.json('BACKUPS')).toEqual([made]);
  await server.stop();
  const data = new DataFolder(dir);
  expect(await data.verify()).toEqual(made);
  await data.restore();
  const restored = jidsIn(data);
  expect(restored).toHaveLength(made.jobs.ready);
  expect(restored.filter((jid) => jid.startsWith('before-'))).toHaveLength(500);
});

test('a server proves its own backups, beside one that is being made, and names one that is damaged', async () => {
  const dir = folder();
  const server = await running({ dir });
  const client = await greeted(server);
  await client.ask('EXT {"v":1}');
  await client.ask(push('in-the-backup'));
  expect(await client.ask('VERIFY')).toMatch(/^-ERR no backup in /);
  const made = await client.json<Backup>('BACKUP');
  const [other, asker] = [await greeted(server), await greeted(server)];
  await other.ask('EXT {"v":1}');
  await asker.ask('EXT {"v":1}');
  const [proved, second] = await Promise.all([
    asker.json<Backup>(`VERIFY {"id":"${made.id}"}`),
    other.json<Backup>('BACKUP'),
  ]);
  expect(proved).toEqual(made);
  expect(await client.json<Backup>('VERIFY')).toEqual(second);
  truncateSync(join(dir, 'backups', `${made.id}.db.gz`), 20);
  expect(await client.ask(`VERIFY {"id":"${made.id}"}`)).toContain(made.id);
  expect(await client.ask('VERIFY {"id":"nothing"}')).toMatch(/^-ERR /);
});

test('backups are for this user only, and their folder has nothing else', async () => {
  const data = await store(folder(), 'job-number-1');
  const { id } = await data.backup();
  const backups = join(data.dir, 'backups');
  expect(id).toBe('2026-06-10T12-00-00.000Z');
  expect(readdirSync(backups).sort()).toEqual([`${id}.db.gz`, `${id}.json`]);
  for (const name of ['', ...readdirSync(backups)]) {
    expect(statSync(join(backups, name)).mode & 0o077).toBe(0);
  }
});

test('a restored store stands in the place of the other, which is kept', async () => {
  const data = await store(folder(), 'in-the-backup');
  const backup = await data.backup();
  await store(data.dir, 'came-later-1');
  const { aside } = await data.restore(backup.id);
  expect(jidsIn(data)).toEqual(['in-the-backup']);
  expect(jidsIn(new DataFolder(aside ?? ''))).toEqual(['in-the-backup', 'came-later-1']);
});

test('a store that is damaged, or gone, can be restored', async () => {
  const data = await store(folder(), 'in-the-backup');
  await data.backup();
  const file = join(data.dir, 'faktory.db');
  writeFileSync(file, 'no database');
  const { aside } = await data.restore();
  expect(readFileSync(join(aside ?? '', 'faktory.db'), 'utf8')).toBe('no database');
  expect(jidsIn(data)).toEqual(['in-the-backup']);
});

test('a backup that was cut, altered or exchanged is neither verified nor restored', async () => {
  const data = await store(folder(), 'still-in-there');
  const backup = await data.backup();
  const copy = copyOf(data, backup);
  const whole = readFileSync(copy);
  const damages: (() => void)[] = [
    () => truncateSync(copy, whole.length - 10),
    () =>
      writeFileSync(
        copy,
        whole.map((byte, at) => (at === 200 ? byte ^ 1 : byte)),
      ),
    () => writeFileSync(copy, Buffer.concat([whole, whole])),
    () => writeFileSync(copy, ''),
  ];
  for (const damage of damages) {
    damage();
    for (const use of [() => data.verify(), () => data.restore()]) {
      await expect(use()).rejects.toMatchObject({
        code: 'STORAGE',
        message: expect.stringMatching(/backup 2026\S+ cannot be used: .*; choose another one/),
      });
    }
    expect(jidsIn(data)).toEqual(['still-in-there']);
  }
  await expect(data.restore('2020-01-01T00-00-00.000Z')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a server makes backups at their time, and keeps the newest', async () => {
  const clock = new TestClock();
  const dir = folder();
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (text: string) => void warnings.push(text) };
  const server = await running({
    dir,
    clock: clock.now,
    log,
    http: {},
    backups: { every: 300_000, keep: 1 },
  });
  const data = new DataFolder(dir);
  const ids = (): string[] => data.backups().map(({ id }) => id.slice(11, 16));
  await within(() => expect(ids()).toEqual(['12-00']));
  clock.move(300);
  await within(() => expect(ids()).toEqual(['12-05']));
  const health = await fetch(`http://127.0.0.1:${server.httpPort}/health`);
  expect(await health.json()).toMatchObject({ backups: { newest: '2026-06-10T12:05:00Z', failed: false } });
  expect(warnings).toEqual([]);
}, 60_000);

test.skipIf(skipped)(
  'a disk without room for a backup is told, costs no older one, and pushes go on',
  async () => {
    const dir = mounted('size=12m');
    const clock = new TestClock();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (text: string) => void errors.push(text) };
    const backups = { every: 300_000, keep: 1 };
    const server = await running({ dir, clock: clock.now, log, http: {}, backups });
    const client = await greeted(server);
    const long = 'x'.repeat(8000);
    for (let n = 0; n < 200; n++)
      await client.ask(`PUSH {"jid":"long-${n}","jobtype":"T","args":["${long}"]}`);
    const data = new DataFolder(dir);
    const health = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${server.httpPort}/health`)).json();
    // Not the list: it has the backup before the copy that was made for it is deleted.
    const made = { backups: { newest: expect.any(String), failed: false } };
    await within(async () => expect(await health()).toMatchObject(made));
    const before = data.backups();
    const { bavail, bsize } = statfsSync(dir);
    writeFileSync(join(dir, 'filler'), Buffer.alloc(bavail * bsize - 1_000_000));
    clock.move(300);
    await within(() => expect(errors.join()).toMatch(/no backup could be made: \d+ MB are free/));
    expect(data.backups()).toEqual(before);
    expect(await client.ask(push('job-goes-on'))).toBe('+OK');
    expect(await health()).toMatchObject({ backups: { failed: true } });
  },
  60_000,
);

test('a stop gives up the backup that is being made, and leaves nothing of it', async () => {
  const dir = folder();
  const server = await running({ dir });
  const [client, other] = [await greeted(server), await greeted(server)];
  await client.ask('EXT {"v":1}');
  client.send('BACKUP');
  await other.ask('INFO'); // the server has read both lines
  await server.stop();
  const left = existsSync(join(dir, 'backups')) ? readdirSync(join(dir, 'backups')) : [];
  expect(left.filter((name) => name.startsWith('.'))).toEqual([]);
}, 60_000);

test('a program that replicates the log, with its own table, reads and checkpoints, disturbs nothing', async () => {
  const dir = folder();
  const server = await running({ dir, sync: 'full' });
  const client = await greeted(server);
  await client.ask(push('before-it-came'));
  // What Litestream does: a table of its own, a read that keeps the log from starting over, checkpoints at its own times.
  const other = openDatabase(join(dir, 'faktory.db'));
  other.exec(
    'PRAGMA busy_timeout = 1000; CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)',
  );
  for (let round = 0; round < 20; round++) {
    other.exec(
      'INSERT OR REPLACE INTO _litestream_seq VALUES (1, 1); BEGIN; SELECT count(*) FROM _litestream_seq',
    );
    for (let n = 0; n < 20; n++) expect(await client.ask(push(`beside-${round}-${n}`))).toBe('+OK');
    other.exec('ROLLBACK; PRAGMA wal_checkpoint(PASSIVE)');
  }
  other.close();
  await server.stop();
  const data = new DataFolder(dir);
  expect(jidsIn(data)).toHaveLength(401);
  await store(dir, 'after-it-went');
  expect(data.check().jobs.ready).toBe(402);
});

/** Makes backups and restores this one, in turn, until it is killed. */
const busy = `
  const { DataFolder } = await import(process.argv[1]);
  const data = new DataFolder(process.argv[2]);
  for (;;) {
    process.stdout.write('.');
    await data.restore(process.argv[3]);
    await data.backup();
  }`;

test('whenever a backup or a restore is killed, the store is the old one or the restored one, whole', async () => {
  const data = await store(folder(), ...Array.from({ length: 300 }, (_, n) => `in-backup-${n}`));
  const { id } = await data.backup();
  const built = new URL('../dist/index.js', import.meta.url).href;
  for (let round = 0; round < 5; round++) {
    await store(data.dir, 'the-newer-one');
    const child = spawn(process.execPath, ['--input-type=module', '-e', busy, built, data.dir, id]);
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    expect(child.exitCode).toBeNull();
    // Somewhere in its work; where, the machine decides.
    for (let turns = 0; turns < round * 800; turns++) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(data.check().format).toBeGreaterThan(0);
    const kept = new Set(jidsIn(data));
    for (let n = 0; n < 300; n++) expect(kept).toContain(`in-backup-${n}`);
    expect(await data.verify(id)).toMatchObject({ id });
  }
}, 60_000);

const spoilings: [string, (backups: string, id: string) => void][] = [
  ['a description that is no JSON', (dir, id) => writeFileSync(join(dir, `${id}.json`), '{"id":')],
  ['a description of nothing', (dir, id) => writeFileSync(join(dir, `${id}.json`), 'null')],
  ['a description of another backup', (dir, id) => writeFileSync(join(dir, `${id}.json`), '{"id":"x"}')],
  ['a folder in the place of the description', (dir, id) => void mkdirSync(join(dir, `${id}.json`))],
  ['a copy without a description', (dir, id) => writeFileSync(join(dir, `${id}.db.gz`), 'x')],
];

test.each(spoilings)('%s is listed as bad, and nothing else is stopped by it', async (_, spoil) => {
  const data = await store(folder(), 'job-number-1');
  const good = await data.backup();
  const backups = join(data.dir, 'backups');
  const id = '2030-01-01T00-00-00.000Z';
  spoil(backups, id);
  expect(data.backups()).toEqual([
    { ...good, id, ...nothing, bad: expect.stringMatching(/\.(json|db\.gz) /) },
    good,
  ]);
  expect(await data.verify()).toEqual(good);
  await expect(data.verify(id)).rejects.toMatchObject({ code: 'STORAGE' });
  // The server's clock stands where the good backup was made, so that none is due.
  const { now: clock } = new TestClock();
  const server = await running({ dir: data.dir, clock, http: {}, backups: { every: 300_000, keep: 1 } });
  const listed = await fetch(`http://127.0.0.1:${server.httpPort}/api/backups`);
  expect(await listed.json()).toMatchObject({ backups: [{ id, bad: expect.any(String) }, { id: good.id }] });
});

const nothing = { bytes: expect.any(Number), sha256: '', format: 0, jobs: expect.any(Object) };

test('a purge keeps the newest that can be used, and deletes bad ones that are older', async () => {
  const clock = new TestClock();
  const { dir } = await store(folder(), 'job-number-1');
  const data = new DataFolder(dir, clock.now);
  const made: Backup[] = [];
  for (let n = 0; n < 3; n++) {
    made.unshift(await data.backup());
    clock.move(60);
  }
  const [newest, middle, oldest] = made as [Backup, Backup, Backup];
  writeFileSync(join(dir, 'backups', `${newest.id}.json`), 'spoilt');
  writeFileSync(join(dir, 'backups', `${oldest.id}.json`), 'spoilt');
  expect(data.purge(1).map(({ id }) => id)).toEqual([oldest.id]);
  expect(data.backups().map(({ id }) => id)).toEqual([newest.id, middle.id]);
  expect(await data.verify()).toEqual(middle);
});

test('a folder of backups that is a file is told when a backup is made, and stops no start', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'backups'), 'no folder');
  const errors: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (text: string) => void errors.push(text) };
  const server = await running({ dir, log, backups: { every: 300_000, keep: 1 } });
  await (await greeted(server)).push('job-number-1');
  await within(() => expect(errors.join()).toMatch(/no backup could be made/));
});
