/** Tests what gates leave in the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entries, HOUR, jids, SECOND } from '../../conformance/scene.ts';
import type { Gate } from '../../engine.ts';
import { type SqliteBackend, sqliteBackend } from '../backend.ts';
import { openDatabase } from './binding.ts';

let dir: string;
let now = Date.UTC(2026, 5, 10, 12) * 1000;
let backend: SqliteBackend;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-gates-'));
  await open();
});

afterEach(async () => {
  await backend.engine.close();
  rmSync(dir, { recursive: true });
});

async function open(): Promise<void> {
  backend = sqliteBackend({ dir, sync: 'off', clock: () => now });
  await backend.engine.open();
}

function inFile<T>(work: (db: ReturnType<typeof openDatabase>) => T): T {
  const db = openDatabase(join(dir, 'faktory.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const rows = (table: string): number =>
  inFile((db) => (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n);

const slots: Gate = { gate: 'slots', key: 'test:slots', limit: 5, span: HOUR };
const brief: Gate = { gate: 'slots', key: 'test:brief', limit: 5, span: SECOND };
const rate: Gate = { gate: 'rate', key: 'test:rate', per: SECOND, burst: 5 };

const take = async (gates: readonly Gate[], count: number) => {
  const ask = { queues: ['default'], wid: '', gates: new Map([['default', gates]]) };
  return (await backend.engine.fetchMany(ask, count)).jobs;
};

test('slots leave no row when they are free, and a fetch without gates makes none', async () => {
  await backend.engine.push(entries(jids('job', 9)));
  await backend.engine.fetchMany({ queues: ['default'], wid: 'w1' }, 2);
  expect([rows('slot'), rows('rate')]).toEqual([0, 0]);
  const held = await take([slots, brief, rate], 5);
  expect([rows('slot'), rows('rate')]).toEqual([10, 1]);
  await backend.engine.settle(held[0] ?? { jid: '' }, { to: 'done' });
  expect(rows('slot')).toBe(8);
  now += SECOND;
  await backend.engine.handleDue('ends', 10);
  expect(rows('slot')).toBe(4);
  await backend.engine.settleMany(held.slice(1).map((each) => ({ held: each, outcome: { to: 'queue' } })));
  expect(rows('slot')).toBe(0);
  await take([slots, rate], 5);
  await backend.engine.flush();
  expect([rows('slot'), rows('rate')]).toEqual([0, 0]);
});

test('a slot whose reservation is not there is free, and its row is deleted when the store opens', async () => {
  await backend.engine.push(entries(jids('job', 9)));
  await take([slots], 5);
  await backend.engine.close();
  inFile((db) => db.exec('UPDATE job SET place = 2, wid = 1000 WHERE place = 5 AND seq % 2 = 0'));
  const left = inFile(
    (db) => (db.prepare('SELECT count(*) AS n FROM job WHERE place = 5').get() as { n: number }).n,
  );
  await open();
  expect(rows('slot')).toBe(left);
  expect(await take([slots], 9)).toHaveLength(5 - left);
});

test('more slots than one operation frees are freed one bite after the other', async () => {
  await backend.engine.push(entries(jids('job', 5000)));
  const wide: Gate = { ...brief, limit: 2500 };
  expect(await take([wide], 2500)).toHaveLength(2500);
  now += SECOND;
  let bites = 0;
  for (let due: number | undefined = now; due !== undefined && due <= now; bites++) {
    await backend.engine.handleDue('ends', 10);
    due = await backend.engine.nextDue('ends');
  }
  expect(bites).toBe(3);
  expect(rows('slot')).toBe(0);
  expect(await take([wide], 2500)).toHaveLength(2500);
});

test('a flush of many slots opens their gate at once, and leaves no table behind', async () => {
  const wide: Gate = { ...slots, limit: 2500 };
  for (let time = 0; time < 2; time++) {
    await backend.engine.push(entries(jids('job', 3000)));
    expect(await take([wide], 3000)).toHaveLength(2500);
    await backend.engine.flush();
    expect([rows('slot'), rows("sqlite_schema WHERE name LIKE 'flushed%'")]).toEqual([0, 0]);
  }
});
