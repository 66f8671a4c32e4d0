/**
 * The locks of SQLite on the files of a running store. Closing any descriptor of a file drops all
 * locks that the process has on it; then a second server, or any program that opens the store, takes
 * it for unused and deletes the log with the newest jobs.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DataFolder } from '../src/engine/data-folder.ts';
import { type SqliteBackend, sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { createServer } from '../src/index.ts';
import { folder, greeted, running } from './running.ts';
import { ask } from './web.ts';

const isLinux = process.platform === 'linux';
if (!isLinux) console.warn('SKIPPED: tests of file locks read /proc/locks, which only Linux has');

const opened: SqliteBackend[] = [];
afterEach(async () => {
  for (const { engine } of opened.splice(0)) await engine.close();
});

/** The files of the store that this process has locked. */
function locked(dir: string): string[] {
  const locks = readFileSync('/proc/locks', 'utf8').split('\n');
  return ['faktory.db', 'faktory.db-shm', 'faktory.lock'].filter((name) => {
    const { ino } = statSync(join(dir, name));
    const own = new RegExp(`POSIX +ADVISORY +(READ|WRITE) ${process.pid} [0-9a-f]+:[0-9a-f]+:${ino} `);
    return locks.some((line) => own.test(line));
  });
}

const ALL = ['faktory.db', 'faktory.db-shm', 'faktory.lock'];

async function store(dir: string): Promise<SqliteBackend> {
  const backend = sqliteBackend({ dir, sync: 'off', clock: () => Date.now() * 1000 });
  opened.push(backend);
  await backend.engine.open();
  return backend;
}

test.skipIf(!isLinux)(
  'a store keeps its locks through searches, figures, backups and their checks',
  async () => {
    const dir = folder();
    const { finder, archive, engine } = await store(dir);
    expect(locked(dir)).toEqual(ALL);
    const work: Record<string, () => Promise<unknown>> = {
      find: async () => finder.find({ places: ['ready'] }, { limit: 1 }),
      count: async () => finder.count({ places: ['dead'] }),
      figures: async () => finder.queueFigures(),
      backup: async () => archive.backup(2),
      verify: async () => archive.verifyBackup(),
      backups: async () => archive.backups(),
      space: async () => archive.space(),
      shrink: async () => archive.shrink(1000),
      emptyLog: async () => archive.emptyLog(),
      lost: async () => archive.lostFile(),
      flush: async () => engine.flush(),
    };
    for (const [name, run] of Object.entries(work)) {
      await run();
      expect([name, ...locked(dir)]).toEqual([name, ...ALL]);
    }
  },
  60_000,
);

test.skipIf(!isLinux)(
  'a second server, and each tool for the folder, in the same process are refused and drop no lock',
  async () => {
    const dir = folder();
    await store(dir);
    await expect(createServer({ dir, port: 0 }).start()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(locked(dir)).toEqual(ALL);
    const tools = new DataFolder(dir);
    await expect((async () => tools.compact())()).rejects.toMatchObject({ code: 'LOCKED' });
    await expect((async () => tools.salvage())()).rejects.toMatchObject({ code: 'LOCKED' });
    await expect(tools.load([])).rejects.toMatchObject({ code: 'LOCKED' });
    expect(locked(dir)).toEqual(ALL);
  },
  60_000,
);

test.skipIf(!isLinux)(
  'a server keeps its locks through its pages and verbs',
  async () => {
    const dir = folder();
    const server = await running({ dir, http: {} });
    const client = await greeted(server);
    await client.ask('PUSH {"jid":"job-00001","jobtype":"T","args":[]}');
    for (const path of [
      'jobs',
      'jobs/count',
      'jobs/job-00001',
      'queues',
      'about',
      'live',
      'backups',
      'errors',
    ])
      await ask(server, `/api/${path}`);
    for (const line of ['INFO', 'JOBS {"limit":1}', 'WORKERS', 'BACKUP', 'QUEUES']) await client.ask(line);
    await ask(server, '/metrics');
    await ask(server, '/health/ready');
    expect(locked(dir)).toEqual(ALL);
  },
  60_000,
);
