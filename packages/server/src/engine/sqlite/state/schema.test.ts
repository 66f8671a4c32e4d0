/** Tests that files of format 1 are migrated without loss. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Engine } from '../../engine.ts';
import { type SqliteBackend, sqliteBackend } from '../backend.ts';
import { openDatabase } from './binding.ts';

const NOW = Date.UTC(2026, 5, 10, 12, 0, 1) * 1000;
let dir: string;
let engine: Engine;
let backend: SqliteBackend;

async function openOld(format: string): Promise<void> {
  dir = mkdtempSync(join(tmpdir(), 'faktory-format-'));
  const db = openDatabase(join(dir, 'faktory.db'));
  db.exec(readFileSync(new URL(format, import.meta.url), 'utf8'));
  db.close();
  backend = sqliteBackend({ dir, sync: 'off', clock: () => NOW });
  engine = backend.engine;
  await engine.open();
}

afterEach(async () => {
  await engine.close();
  rmSync(dir, { recursive: true });
});

test('a file of format 1 is migrated to the newest format and keeps its jobs, queues and counts', async () => {
  await openOld('format-1.sql');
  expect(await engine.sizes()).toEqual({
    scheduled: 1,
    retries: 1,
    dead: 1,
    working: 2,
    processed: 12,
    failures: 3,
  });
  expect(await engine.queues()).toEqual([
    { name: 'default', size: 2, paused: false },
    { name: 'mail', size: 0, paused: true },
  ]);
  const first = await engine.fetch({ queues: ['mail', 'default'], wid: 'w2' });
  expect(first).toMatchObject({ jid: 'urgent-01' });
  const failed = await backend.finder.find({ places: ['retries', 'dead'], order: 'failed' }, { limit: 9 });
  expect(failed.jobs.map(({ jid, failedAt }) => [jid, failedAt])).toEqual([
    ['retry-001', 1781092800000003],
    ['dead-0001', 1796644800000000 - 180 * 86_400_000_000],
  ]);
  await engine.close();
  const db = openDatabase(join(dir, 'faktory.db'));
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 12 });
  db.close();
});

test('reservations of a file of format 1 can be settled; of two with one jid the older is settled first', async () => {
  await openOld('format-1.sql');
  const jobtypes: string[] = [];
  const settle = async () => {
    const held = await engine.reservation({ jid: 'twice-001' });
    if (held) jobtypes.push(`${(JSON.parse(held.document) as { jobtype: string }).jobtype} of ${held.wid}`);
    return engine.settle({ jid: 'twice-001' }, { to: 'done' });
  };
  expect([await settle(), await settle(), await settle()]).toEqual([true, true, false]);
  expect(jobtypes).toEqual(['First of w1', 'Second of w1']);
  expect(await backend.history.days(2)).toEqual([
    { day: '2026-06-09', processed: 5, failures: 1 },
    { day: '2026-06-10', processed: 9, failures: 2 },
  ]);
  expect(await engine.mutate({ set: 'retries', change: 'discard', jids: ['retry-001'] })).toBe(1);
});

test('a change to jobs of a file of format 1 can be undone', async () => {
  await openOld('format-1.sql');
  const find = async () =>
    (await backend.finder.find({ places: ['ready', 'retries', 'dead'] }, { limit: 100 })).jobs;
  const before = await find();
  expect(before).toHaveLength(4);
  await backend.finder.change(
    before.map(({ entry }) => entry),
    { do: 'discard' },
    { name: 'all', action: 'discard' },
  );
  expect(await find()).toEqual([]);
  expect(await backend.finder.undo('all', 100)).toEqual({ undone: 4, kept: 0, left: 0 });
  expect(await find()).toEqual(before);
});

test('a file of format 1 keeps the slots and rates of gates after its migration', async () => {
  await openOld('format-1.sql');
  const ask = (key: string) => {
    const slots = { gate: 'slots', key, limit: 1, span: 3_600_000_000 } as const;
    const rate = { gate: 'rate', key: `${key}:rate`, per: 3_600_000_000, burst: 1 } as const;
    return { queues: ['default'], wid: 'w1', gates: new Map([['default', [slots, rate]]]) };
  };
  expect((await engine.fetchMany(ask('test:a'), 5)).jobs).toHaveLength(1);
  await engine.close();
  await engine.open();
  expect(await engine.fetchMany(ask('test:a'), 5)).toEqual({
    jobs: [],
    closed: new Map([['default', 'test:a']]),
  });
  expect((await engine.fetchMany(ask('test:b'), 5)).jobs).toHaveLength(1);
});
