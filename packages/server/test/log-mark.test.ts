/**
 * The log of the store beside its file: a file that lost its log is refused, one that is whole by itself is not.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import { DataFolder } from '../src/index.ts';
import { silent } from '../src/log.ts';
import { folder, greeted, prepared, running } from './running.ts';

const refusal = {
  code: 'STORAGE',
  message: expect.stringMatching(/faktory\.db-wal is missing or empty: .*put the log back/),
};

/** A folder with copies of these files of a running server with three jobs, or more in bulk, as a crash would leave them. */
async function copyOfRunning(files: readonly string[], bulks = 0): Promise<string> {
  const dir = folder();
  const server = await running({ dir, sync: 'full' });
  const client = await greeted(server);
  for (let n = 0; n < bulks; n++) {
    const jobs = Array.from({ length: 500 }, (_, i) => ({
      jid: `bulk-${n}-${i}`,
      jobtype: 'T',
      args: ['x'.repeat(2000)],
    }));
    expect(await client.ask(`PUSHB ${JSON.stringify(jobs)}`)).toBe('$ {}');
  }
  for (let n = 0; n < 3; n++) await client.push(`job-number-${n}`);
  const copy = join(folder(), 'copy');
  mkdirSync(copy);
  for (const file of files) copyFileSync(join(dir, file), join(copy, file));
  await client.destroy();
  await server.stop();
  return copy;
}

async function jobsIn(dir: string): Promise<number> {
  const server = prepared({ dir, sync: 'full' });
  await server.start();
  const { faktory } = await server.info();
  await server.stop();
  return faktory.total_enqueued;
}

test('a store whose log is missing is refused, at the start and by a check, with the way on, again and again', async () => {
  const dir = await copyOfRunning(['faktory.db']);
  for (let time = 0; time < 2; time++) {
    await expect(prepared({ dir, sync: 'full' }).start()).rejects.toMatchObject(refusal);
    expect(() => new DataFolder(dir).check()).toThrow(expect.objectContaining(refusal));
  }
});

test('a log that is empty or is none is as good as missing', async () => {
  for (const content of ['', 'no log '.repeat(1000)]) {
    const dir = await copyOfRunning(['faktory.db']);
    writeFileSync(join(dir, 'faktory.db-wal'), content);
    await expect(prepared({ dir, sync: 'full' }).start()).rejects.toMatchObject(refusal);
  }
});

test('the loss is noticed after many checkpoints too', async () => {
  const dir = await copyOfRunning(['faktory.db'], 40);
  await expect(prepared({ dir, sync: 'full' }).start()).rejects.toMatchObject(refusal);
}, 60_000);

test('a crash with the log beside the file loses nothing', async () => {
  expect(await jobsIn(await copyOfRunning(['faktory.db', 'faktory.db-wal']))).toBe(3);
});

test('after a stop the file is whole by itself', async () => {
  const dir = await copyOfRunning(['faktory.db', 'faktory.db-wal']);
  expect(await jobsIn(dir)).toBe(3);
  rmSync(join(dir, 'faktory.db-wal'), { force: true });
  expect(await jobsIn(dir)).toBe(3);
});

test('a program that looks at a crashed store and takes its log away loses nothing, and is not blamed', async () => {
  const dir = await copyOfRunning(['faktory.db', 'faktory.db-wal']);
  const shell = openDatabase(join(dir, 'faktory.db'));
  shell.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  shell.close();
  rmSync(join(dir, 'faktory.db-wal'), { force: true });
  expect(existsSync(join(dir, 'faktory.db-wal'))).toBe(false);
  expect(await jobsIn(dir)).toBe(3);
});

test('a log without its store is refused by the server and by each tool, and is not touched; a restore moves it aside', async () => {
  for (const empty of [true, false]) {
    const dir = await copyOfRunning(['faktory.db', 'faktory.db-wal']);
    const data = new DataFolder(dir);
    const log = readFileSync(join(dir, 'faktory.db-wal'));
    const { id } = await data.backup();
    writeFileSync(join(dir, 'faktory.db-wal'), log); // some versions of SQLite delete it when the backup closes the store
    rmSync(join(dir, 'faktory.db'));
    rmSync(join(dir, 'faktory.db-shm'), { force: true });
    if (empty) writeFileSync(join(dir, 'faktory.db'), '');
    const lone = {
      code: 'STORAGE',
      message: expect.stringMatching(/put faktory\.db back beside its log, or restore/),
    };
    await expect(prepared({ dir }).start()).rejects.toMatchObject(lone);
    await expect(data.backup()).rejects.toMatchObject(lone);
    await expect(data.load([])).rejects.toMatchObject(lone);
    await expect(data.salvage()).rejects.toMatchObject(lone);
    for (const use of [() => data.check(), () => data.compact(), () => [...data.dump()]])
      expect(use).toThrow(expect.objectContaining(lone));
    expect(readFileSync(join(dir, 'faktory.db-wal'))).toEqual(log);
    expect(existsSync(join(dir, 'faktory.db'))).toBe(empty);
    const { aside } = await data.restore(id);
    expect(readFileSync(join(aside ?? '', 'faktory.db-wal'))).toEqual(log);
    expect(existsSync(join(dir, 'faktory.db-wal'))).toBe(false);
    expect(await jobsIn(dir)).toBe(3);
  }
}, 60_000);

test('a start without a store beside backups names the newest backup; in a new folder it says nothing of the kind', async () => {
  const dir = await copyOfRunning(['faktory.db', 'faktory.db-wal']);
  const { id } = await new DataFolder(dir).backup();
  for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `faktory.db${end}`), { force: true });
  for (const [where, named] of [
    [dir, true],
    [folder(), false],
  ] as const) {
    const warnings: string[] = [];
    const log = { ...silent, warn: (text: string) => void warnings.push(text) };
    const server = prepared({ dir: where, log });
    await server.start();
    await server.stop();
    const told = warnings.filter((text) => text.includes('starts without jobs'));
    expect(told).toEqual(named ? [expect.stringMatching(new RegExp(`${id}.*faktory restore`))] : []);
  }
});

test('a dump is refused while the log is missing', async () => {
  const dir = await copyOfRunning(['faktory.db']);
  expect(() => [...new DataFolder(dir).dump()]).toThrow(expect.objectContaining(refusal));
});
