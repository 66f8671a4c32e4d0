/** Tests that operations on few large jobs, or on many rows, let the event loop run between their parts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry, Outcome } from '../engine.ts';
import { type SqliteBackend, sqliteBackend } from './backend.ts';

const LARGE = 3 * 1024 * 1024; // two of them are more than one part
const JOBS = 6;
const DUE = 5_000_000;
const JIDS = Array.from({ length: JOBS }, (_, index) => `large-${index}`);

const clock = { now: 1_700_000_000_000_000 };
let dir = '';
let backend: SqliteBackend;

async function open(options: { deadLimit?: number } = {}): Promise<void> {
  backend = sqliteBackend({ dir, sync: 'off', clock: () => clock.now, ...options });
  await backend.engine.open();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-large-'));
  await open();
});

afterEach(async () => {
  await backend.engine.close();
  rmSync(dir, { recursive: true });
});

function entry(jid: string, at?: number, bytes = LARGE): Entry {
  const document = `{"retry":25,"jid":"${jid}","queue":"q","jobtype":"T","args":["${'x'.repeat(bytes)}"]}`;
  const rest = { priority: 5, reserveFor: 1800, failure: undefined, at };
  return { jid, jobtype: 'T', queue: 'q', document, ...rest };
}

async function push(at?: number): Promise<void> {
  for (const jid of JIDS) await backend.engine.push([entry(jid, at && clock.now + at)]);
}

async function take(): Promise<void> {
  for (const _ of JIDS) await backend.engine.fetch({ queues: ['q'], wid: 'w' });
}

/** How often the event loop ran, and how many commits there were, until the call was done. */
async function observe(call: () => Promise<unknown>): Promise<{ turns: number; commits: number }> {
  const before = backend.engine.figures.commits().commits;
  let [turns, isDone] = [0, false];
  const done = call().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await setImmediate();
    turns += 1;
  }
  await done;
  return { turns, commits: backend.engine.figures.commits().commits - before };
}

const in1s = 1_000_000;
const ways: [string, Outcome][] = [
  ['ACK', { to: 'done' }],
  ['RELEASE', { to: 'queue' }],
  ['FAIL', { to: 'retries', in: in1s, failure: '{"errtype":"E"}' }],
  ['FAIL for good', { to: 'dead', in: in1s, failure: '{"errtype":"E"}' }],
];

test.each(ways)(
  '%s of many large jobs is one commit, and the event loop runs between two jobs',
  async (_, outcome) => {
    await push();
    await take();
    const ends = JIDS.map((jid) => ({ held: { jid }, outcome }));
    const { turns, commits } = await observe(() => backend.engine.settleMany(ends));
    expect(commits).toBe(1);
    expect(turns).toBeGreaterThanOrEqual(JOBS);
  },
);

test('an operation that is called behind the end of many large jobs runs behind it', async () => {
  await push();
  await take();
  const order: string[] = [];
  const ends = JIDS.map((jid): { held: { jid: string }; outcome: Outcome } => ({
    held: { jid },
    outcome: { to: 'queue' },
  }));
  const ended = backend.engine.settleMany(ends).then(() => order.push('ended'));
  const [taken] = await Promise.all([
    backend.engine.fetch({ queues: ['q'], wid: 'w' }).then((job) => {
      order.push('fetched');
      return job?.jid;
    }),
    ended,
  ]);
  expect(order).toEqual(['ended', 'fetched']);
  expect(taken).toBe(JIDS.at(-1)); // the job that was put back last is at the head
});

test.each(['discard', 'kill', 'requeue'] as const)(
  'a MUTATE %s commits large jobs one by one',
  async (change) => {
    await push(DUE);
    const { commits } = await observe(() =>
      backend.engine.mutate({ set: 'scheduled', change, deadFor: DUE }),
    );
    expect(commits).toBeGreaterThanOrEqual(JOBS);
    expect((await backend.engine.sizes()).scheduled).toBe(0);
  },
);

test('large due jobs are promoted, and large dead jobs are deleted, a few in one commit', async () => {
  await push(DUE);
  clock.now += DUE;
  expect(await backend.engine.handleDue('scheduled', 500)).toBe(2);
  await backend.engine.mutate({ set: 'scheduled', change: 'kill', deadFor: 0 });
  expect(await backend.engine.handleDue('dead', 500)).toBe(2);
  expect(await backend.engine.sizes()).toMatchObject({ scheduled: 0, dead: 2 });
});

test('a change of large jobs is one commit in parts; its undo, and its end, are a few jobs in one commit', async () => {
  await push(DUE);
  const find = async () => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const bite = await backend.finder.find({ places: ['scheduled'] }, { cursor, limit: 100 });
      names.push(...bite.jobs.map((job) => job.entry));
      cursor = bite.next;
    } while (cursor !== undefined);
    return names;
  };
  const label = { name: 'one', action: 'discard', who: undefined };
  const names = await find();
  const { turns, commits } = await observe(() => backend.finder.change(names, { do: 'discard' }, label));
  expect(commits).toBe(1);
  expect(turns).toBeGreaterThanOrEqual(JOBS);
  expect(await backend.finder.undo('one', 500)).toMatchObject({ undone: 2, left: JOBS - 2 });
  clock.now += 601_000_000;
  for (const deleted of [2, 2, 0]) expect(await backend.finder.expireUndo(500)).toBe(deleted);
});

test('after a start with a lower limit, the oldest dead jobs leave in bites', async () => {
  const many = Array.from({ length: 1200 }, (_, index) => entry(`small-${index}`, clock.now + DUE, 10));
  await backend.engine.push(many);
  await backend.engine.mutate({ set: 'scheduled', change: 'kill', deadFor: DUE });
  await backend.engine.close();
  await open({ deadLimit: 1 });
  await backend.engine.push([entry('last', undefined, 10)]);
  await take();
  await backend.engine.settle({ jid: 'last' }, { to: 'dead', in: 2 * DUE, failure: '{}' });
  expect(backend.engine.figures.meter.evicted).toBe(500);
  for (let bites = 0; bites < 10; bites++) await backend.engine.mutate({ set: 'retries', change: 'discard' });
  expect((await backend.engine.sizes()).dead).toBe(1);
});

test('a pause of thousands of queues is one commit, and the event loop runs after each 1,000 of them', async () => {
  const queues = Array.from({ length: 3500 }, (_, index) => ({
    ...entry(`${index}`, undefined, 1),
    queue: `q${index}`,
  }));
  await backend.engine.push(queues);
  const { turns, commits } = await observe(() => backend.engine.changeQueues('*', 'pause'));
  expect(commits).toBe(1);
  expect(turns).toBeGreaterThanOrEqual(4);
  expect((await backend.engine.queues()).every(({ paused }) => paused)).toBe(true);
});

test('one fetch, and one bite of the sweep, deletes a few large jobs that are too late', async () => {
  const deadline = clock.now + DUE;
  for (const jid of JIDS) await backend.engine.push([{ ...entry(jid), deadline }]);
  clock.now = deadline;
  expect(await backend.engine.fetch({ queues: ['q'], wid: 'w' })).toBeUndefined();
  expect(backend.engine.figures.meter.expired).toBe(2);
  expect(await backend.engine.handleDue('ends', 200)).toBe(1);
  expect(backend.engine.figures.meter.expired).toBe(3);
});

test('a step of the clock moves thousands of ends in one commit, and the event loop runs between the parts', async () => {
  const keys = Array.from({ length: 2500 }, (_, index) => `key-${index}`);
  const until = { in: DUE };
  await backend.engine.apply(keys.map((key) => ({ do: 'put' as const, key, value: 'v', until })));
  const { turns, commits } = await observe(() => backend.engine.moveEnds(1000));
  expect(commits).toBe(1);
  expect(turns).toBeGreaterThanOrEqual(4);
  const kept = await backend.engine.read(keys);
  expect(kept.size).toBe(keys.length);
  for (const { until: moved } of kept.values()) expect(moved).toBe(clock.now + DUE + 1000);
});

test('a step of the clock moves the ends of large reserved jobs a few in one commit', async () => {
  await push();
  await take();
  const { commits } = await observe(() => backend.engine.moveEnds(1000));
  expect(commits).toBeGreaterThanOrEqual(JOBS);
  const held = await Promise.all(JIDS.map((jid) => backend.engine.reservation({ jid })));
  expect(held.map((each) => each?.expiresAt)).toEqual(JIDS.map(() => clock.now + 1_800_000_000 + 1000));
});

test('one bite has at most 500 jobs when jobs may carry consequences', async () => {
  const consequences = { gone: [{ do: 'number' as const, key: 'n', by: 1 }] };
  const many = Array.from({ length: 1200 }, (_, index) => ({
    ...entry(`${index}`, undefined, 1),
    consequences,
  }));
  await backend.engine.push(many);
  const { commits } = await observe(() => backend.engine.changeQueues(['q'], 'remove'));
  expect(commits).toBeGreaterThanOrEqual(3);
  expect((await backend.engine.read(['n'])).get('n')?.value).toBe('1200');
});

test('undo restores a large discarded job of text beyond ASCII as it was', async () => {
  const document = entry('beyond', undefined, 1).document.replace('"x"', `"${'é€😀'.repeat(100_000)}"`);
  await backend.engine.push([{ ...entry('beyond'), document }]);
  const { jobs } = await backend.finder.find({ places: ['ready'] }, { limit: 1 });
  const label = { name: 'one', action: 'discard', who: undefined };
  await backend.finder.change([jobs[0]?.entry ?? ''], { do: 'discard' }, label);
  expect(await backend.finder.undo('one', 500)).toMatchObject({ undone: 1 });
  expect((await backend.engine.fetch({ queues: ['q'], wid: 'w' }))?.document).toBe(document);
});
