/** Tests fetches with gates: who waits, who is woken, and that no ready job lies beside a fetch that may have it. */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nowMicros, parseJob } from '@faktory-ts/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Gate, Reservation } from '../engine/engine.ts';
import { type SqliteBackend, sqliteBackend } from '../engine/sqlite/backend.ts';
import type { Feature } from './feature.ts';
import { Jobs } from './jobs.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
const HOUR = 3_600_000_000;
const slots = (key: string, limit: number): Gate => ({
  gate: 'slots',
  key: `test:${key}`,
  limit,
  span: HOUR,
});

/** One job at a time of `one`; of `each` one for every worker, and two in all of `few`. */
const limits: Feature = {
  name: 'limits',
  options: [],
  gates(queue, wid) {
    if (queue === 'one') return [slots('one', 1)];
    if (queue === 'few') return [slots('few', 2)];
    return queue === 'each' ? [slots(`each:${wid}`, 1)] : undefined;
  },
};

let dir: string;
let backend: SqliteBackend;
let engine: Engine;
let jobs: Jobs;
let asked: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-test-'));
  backend = sqliteBackend({ dir, sync: 'off', clock: nowMicros });
  engine = backend.engine;
  await engine.open();
  asked = [];
  const fetchMany = engine.fetchMany.bind(engine);
  engine.fetchMany = (ask, count) => {
    asked.push(ask.wid);
    return fetchMany(ask, count);
  };
  jobs = new Jobs(backend, 3, 10, [limits]);
});

afterEach(async () => {
  jobs.close();
  await engine.close();
  rmSync(dir, { recursive: true });
});

const push = (jid: string, queue: string): Promise<void> =>
  jobs.push(parseJob(JSON.stringify({ jid, queue, jobtype: 'T', args: [] })));

const fetch = (wid: string, ...queues: string[]): Promise<Reservation | undefined> =>
  jobs.fetch({ queues, wid, signal: never });

const jidOf = async (fetched: Promise<Reservation | undefined>): Promise<string | undefined> =>
  (await fetched)?.jid;

async function taken(wid: string, queue: string): Promise<Reservation> {
  const held = await fetch(wid, queue);
  if (!held) throw new Error(`no job of ${queue}`);
  return held;
}

/** Until the fetches that were called have asked the engine and are parked. */
const parked = async (count: number): Promise<void> => {
  while (jobs.parked < count) await engine.sizes();
  await engine.sizes();
};

test('a fetch that a gate closes waits, and gets its job in the moment in which the slot is free', async () => {
  await push('one-00001', 'one');
  await push('one-00002', 'one');
  const held = await taken('w1', 'one');
  const waiting = fetch('w2', 'one');
  await parked(1);
  await jobs.ack(held);
  expect(await jidOf(waiting)).toBe('one-00002');
});

test('fetches that one gate closes get its slots in the order in which they came', async () => {
  for (let n = 1; n <= 4; n++) await push(`one-0000${n}`, 'one');
  let held = await taken('w0', 'one');
  const waiting = ['w1', 'w2', 'w3'].map((wid) => fetch(wid, 'one'));
  await parked(3);
  for (const [index, each] of waiting.entries()) {
    await jobs.ack(held);
    held = (await each) as Reservation;
    expect([held.wid, held.jid]).toEqual([`w${index + 1}`, `one-0000${index + 2}`]);
  }
});

test('a closed gate hides the queue from its asker only: a later fetch with an open gate looks there', async () => {
  await push('each-0001', 'each');
  await taken('w1', 'each');
  await push('each-0002', 'each');
  const closed = fetch('w1', 'each');
  await parked(1);
  expect(await jidOf(fetch('w2', 'each'))).toBe('each-0002');
  await push('each-0003', 'each');
  expect(await jidOf(fetch('w3', 'each'))).toBe('each-0003');
  await jobs.ack({ jid: 'each-0001' });
  await push('each-0004', 'each');
  expect(await jidOf(closed)).toBe('each-0004');
});

test('a wake-up that a closed fetch cannot use goes to the next one', async () => {
  const twice = [fetch('w1', 'each', 'one'), fetch('w1', 'each', 'one')] as const;
  const next = fetch('w2', 'each');
  await parked(3);
  // Both wake the first two fetches, and the second of these meets its worker's closed gate.
  await Promise.all([push('each-0001', 'each'), push('each-0002', 'each')]);
  expect(await jidOf(twice[0])).toBe('each-0001');
  expect(await jidOf(next)).toBe('each-0002');
  await push('one-00001', 'one');
  expect(await jidOf(twice[1])).toBe('one-00001');
});

test('a wake-up of a gate that opened goes to the next fetch when the first one takes another job', async () => {
  for (const jid of ['few-00001', 'few-00002', 'few-00003']) await push(jid, 'few');
  const held = [await taken('w1', 'few'), await taken('w2', 'few')] as const;
  const greedy = fetch('w3', 'other', 'few');
  const modest = fetch('w4', 'few');
  await parked(2);
  await Promise.all([jobs.ack(held[0]), push('other-001', 'other')]);
  expect(await jidOf(greedy)).toBe('other-001');
  expect(await jidOf(modest)).toBe('few-00003');
});

test('pushes wake no fetch whose gate is closed, and ask the engine nothing', async () => {
  await push('one-00000', 'one');
  const held = await taken('w0', 'one');
  await push('one-00001', 'one');
  const waiting = Array.from({ length: 20 }, (_, n) => fetch(`w${n}`, 'one'));
  await parked(20);
  asked = [];
  for (let n = 2; n <= 50; n++) await push(`one-0000-${n}`, 'one');
  expect(asked).toEqual([]);
  await jobs.ack(held);
  expect(await jidOf(Promise.race(waiting))).toBe('one-00001');
  expect(asked).toEqual(['w0']);
  jobs.close();
  await Promise.all(waiting);
});

test('a bulk fetch takes at most the free slots', async () => {
  for (let n = 1; n <= 5; n++) await push(`few-0000${n}`, 'few');
  const bulk = await jobs.fetchBulk({ queues: ['few'], wid: 'w1', signal: never }, 100);
  expect(bulk.map(({ jid }) => jid)).toEqual(['few-00001', 'few-00002']);
  const waiting = jobs.fetchBulk({ queues: ['few'], wid: 'w2', signal: never }, 100);
  await parked(1);
  await jobs.ackAll(bulk);
  expect((await waiting).map(({ jid }) => jid)).toEqual(['few-00003', 'few-00004']);
});

test('a resumed queue wakes no more fetches than its gate lets pass', async () => {
  for (const jid of ['one-00001', 'one-00002']) await push(jid, 'one');
  await jobs.engine.changeQueues(['one'], 'pause');
  const waiting = ['w1', 'w2'].map((wid) => fetch(wid, 'one'));
  await parked(2);
  await jobs.engine.changeQueues(['one'], 'resume');
  const held = await waiting[0];
  expect(held?.jid).toBe('one-00001');
  await parked(1);
  await jobs.ack(held as Reservation);
  expect(await jidOf(waiting[1] as Promise<Reservation>)).toBe('one-00002');
});

type Act = {
  readonly do: 'push' | 'fetch' | 'end' | 'abort' | 'pause';
  readonly queue: string;
  readonly pick: number;
};
const queueNames = ['one', 'few', 'each', 'plain'];
const ACTS = [
  'push',
  'push',
  'push',
  'push',
  'fetch',
  'fetch',
  'fetch',
  'fetch',
  'end',
  'end',
  'end',
  'abort',
  'pause',
] as const;
const act: fc.Arbitrary<Act> = fc.record({
  do: fc.constantFrom(...ACTS),
  queue: fc.constantFrom(...queueNames),
  pick: fc.nat(30),
});

interface Parked {
  readonly wid: string;
  readonly queues: readonly string[];
  readonly gone: AbortController;
}

/** Whether a gate lets a job of the queue pass for this worker, by the jobs that are held. */
function isOpen(queue: string, wid: string, held: readonly Reservation[]): boolean {
  const of = held.filter((each) => each.queue === queue);
  if (queue === 'one') return of.length < 1;
  if (queue === 'few') return of.length < 2;
  return queue !== 'each' || !of.some((each) => each.wid === wid);
}

async function runActs(groups: readonly (readonly Act[])[]): Promise<void> {
  const held: Reservation[] = [];
  const waiting = new Set<Parked>();
  let count = 0;
  const fetchAs = (wid: string, queues: readonly string[]): void => {
    const one: Parked = { wid, queues, gone: new AbortController() };
    waiting.add(one);
    void jobs.fetch({ queues, wid, signal: one.gone.signal }).then((job) => {
      waiting.delete(one);
      if (job) held.push(job);
    });
  };
  for (const group of groups) {
    for (const { do: what, queue, pick } of group) {
      count += 1;
      if (what === 'push') void push(`job-${count}-00`, queue);
      if (what === 'fetch') fetchAs(`w${pick % 3}`, [...new Set([queue, queueNames[pick % 4] as string])]);
      if (what === 'pause') void jobs.engine.changeQueues([queue], pick % 2 === 0 ? 'pause' : 'resume');
      if (what === 'abort') [...waiting][pick % Math.max(waiting.size, 1)]?.gone.abort();
      const [ended] = what === 'end' ? held.splice(pick % Math.max(held.length, 1), 1) : [];
      if (ended) void (pick % 2 === 0 ? jobs.ack(ended) : jobs.giveBack(ended));
    }
    for (let turns = 0; turns < 8; turns++) await engine.sizes();
    for (const queue of queueNames) {
      const { length } = held.filter((each) => each.queue === queue);
      if (queue !== 'plain' && queue !== 'each') expect(length).toBeLessThanOrEqual(queue === 'one' ? 1 : 2);
    }
    for (const { name, size, paused } of await engine.queues()) {
      const able = [...waiting].filter(
        ({ wid, queues, gone }) => !gone.signal.aborted && queues.includes(name) && isOpen(name, wid, held),
      );
      if (size > 0 && !paused) expect(able, `${name} has ${size} jobs`).toEqual([]);
    }
  }
  for (const { gone } of waiting) gone.abort();
  while (jobs.parked > 0) await engine.sizes();
}

test('in random histories no gate is passed by too many, and no ready job lies beside a fetch that may have it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 1, maxLength: 16, size: 'max' }), {
        minLength: 5,
        maxLength: 40,
        size: 'max',
      }),
      async (groups) => {
        await runActs(groups);
        await engine.flush();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
