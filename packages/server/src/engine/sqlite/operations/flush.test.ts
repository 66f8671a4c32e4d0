/** Tests FLUSH of large stores: one commit hides all, bites delete it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../engine.ts';
import { type SqliteBackend, sqliteBackend } from '../backend.ts';
import { openDatabase } from '../state/binding.ts';
import { FLUSHED } from '../state/flushed.ts';

let dir = '';
let backend: SqliteBackend;

async function open(): Promise<void> {
  backend = sqliteBackend({ dir, sync: 'off', clock: () => 1_700_000_000_000_000 });
  await backend.engine.open();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-flush-'));
  await open();
});

afterEach(async () => {
  await backend.engine.close();
  rmSync(dir, { recursive: true });
});

function entry(jid: string, bytes: number): Entry {
  const document = `{"retry":25,"jid":"${jid}","queue":"q","jobtype":"T","args":["${'x'.repeat(bytes)}"]}`;
  const place = { jobtype: 'T', queue: 'q', priority: 5, reserveFor: 1800, at: undefined };
  return { jid, document, failure: undefined, ...place };
}

const large = 3 * 1024 * 1024;
const entries = (count: number, bytes: number): Entry[] =>
  Array.from({ length: count }, (_, index) => entry(`j${index}`, bytes));

/** Names and definitions of all tables and indexes. */
function schema(): unknown[] {
  const db = openDatabase(join(dir, 'faktory.db'));
  try {
    return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all();
  } finally {
    db.close();
  }
}

const commits = (): number => backend.engine.figures.commits().commits;

test('a flush of a small store is one commit', async () => {
  await backend.engine.push(entries(100, 10));
  const before = commits();
  await backend.engine.flush();
  expect(commits() - before).toBe(1);
  expect(await backend.finder.count({ places: ['ready'] })).toMatchObject({ count: 0 });
});

test.each([
  ['large', 6, large, 6 / 2],
  ['many', 12_000, 10, 12_000 / 5000],
])(
  'a flush of %s jobs hides all from its first commit on, and deletes them a bite a commit',
  async (_, count, bytes, bites) => {
    const before = schema();
    for (const one of entries(count, bytes)) await backend.engine.push([one]);
    const commitsBefore = commits();
    const flushed = backend.engine.flush();
    const taken = await backend.engine.fetch({ queues: ['q'], wid: 'w' });
    expect(taken).toBeUndefined();
    expect(await backend.engine.queues()).toEqual([]);
    await backend.engine.push([entry('later', 10)]);
    await flushed;
    expect(commits() - commitsBefore).toBeGreaterThanOrEqual(1 + bites);
    expect(schema()).toEqual(before);
    const found = await backend.finder.find({ places: ['ready', 'working'] }, { limit: 10 });
    expect(found.jobs.map(({ jid }) => jid)).toEqual(['later']);
    expect((await backend.engine.fetch({ queues: ['q'], wid: 'w' }))?.jid).toBe('later');
  },
);

test('two flushes at once and pushes between them leave no job and no table', async () => {
  const before = schema();
  await backend.engine.push(entries(2000, 10));
  const first = backend.engine.flush();
  const pushes = [1, 2, 3].map(() => backend.engine.push(entries(400, 10)));
  await Promise.all([first, ...pushes, backend.engine.flush()]);
  expect(await backend.finder.count({ places: ['ready'] })).toMatchObject({ count: 0 });
  expect(schema()).toEqual(before);
});

test('a start drops the tables of a flush that a crash has interrupted', async () => {
  const before = schema();
  await backend.engine.close();
  const db = openDatabase(join(dir, 'faktory.db'));
  for (const table of ['job', 'former', 'kept', 'history'])
    db.exec(`CREATE TABLE flushed_${table}_1 AS SELECT * FROM ${table}`);
  db.close();
  await open();
  await backend.engine.push([entry('j', 10)]);
  expect(schema()).toEqual(before);
  const left = openDatabase(join(dir, 'faktory.db'));
  expect(left.prepare(FLUSHED).all()).toEqual([]);
  left.close();
});
