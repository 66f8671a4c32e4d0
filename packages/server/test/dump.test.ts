/**
 * Dump and load: all that a store knows goes out as lines and comes in again, or nothing does.
 */
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entry } from '../src/engine/conformance/scene.ts';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { DataFolder } from '../src/index.ts';
import { folder, greeted, running, TestClock } from './running.ts';

const job = (jid: string, more: object = {}): string =>
  JSON.stringify({ jid, jobtype: 'T', args: [jid], ...more });

/** A store with a job in every place, and more of what a dump must keep. */
async function busyStore(dir: string): Promise<void> {
  const clock = new TestClock();
  const server = await running({ dir, clock: clock.now });
  const client = await greeted(server, 'worker-1');
  await client.ask(`PUSH ${job('first-day', { queue: 'run' })}`);
  await client.ask('FETCH run');
  await client.ask('ACK {"jid":"first-day"}');
  clock.move(86_400);
  await client.ask(
    'PUSH {"jid":"exact-numbers","jobtype":"Ünïcode 💥","args":[12345678901234567890,1.10,"\\u0000"]}',
  );
  for (const priority of [1, 9, 5])
    await client.ask(`PUSH ${job(`priority-${priority}`, { priority, queue: 'mixed' })}`);
  await client.ask(`PUSH ${job('scheduled-1', { at: '2026-07-01T00:00:00.000001Z' })}`);
  for (const jid of ['will-fail', 'will-die', 'will-work', 'will-be-done']) {
    await client.ask(`PUSH ${job(jid, { queue: 'run', retry: jid === 'will-die' ? -1 : 25 })}`);
    await client.ask('FETCH run');
  }
  for (const jid of ['will-fail', 'will-die']) {
    await client.ask(`FAIL {"jid":"${jid}","errtype":"E","message":"m","backtrace":["a","b"]}`);
  }
  await client.ask('ACK {"jid":"will-be-done"}');
  await client.ask(`PUSH ${job('paused-1', { queue: 'paused', custom: { trace: 'x' } })}`);
  await client.ask('QUEUE PAUSE paused');
  await server.stop();
}

/** The lines without the time at which they were made. */
const linesOf = (dir: string): string[] => [...new DataFolder(dir).dump()].slice(1);

test('what was dumped and loaded is the same, in the same order; what a worker held is ready', async () => {
  const [first, second] = [folder(), folder()];
  await busyStore(first);
  const lines = [...new DataFolder(first).dump()];
  expect(JSON.parse(lines[0] as string)).toMatchObject({ 'faktory-ts': 'dump', version: 2 });
  expect(lines.filter((line) => line.includes('"place":"working"'))).toHaveLength(1);
  expect(await new DataFolder(second).load(lines)).toEqual({ jobs: 9, skipped: 0 });
  const again = linesOf(second);
  const expected = lines.slice(1).map((line) => line.replace('"place":"working"', '"place":"ready"'));
  expect([...again].sort()).toEqual([...expected].sort());
  expect(again.join()).toContain('[12345678901234567890,1.10,"\\u0000"]');

  const third = folder();
  await new DataFolder(third).load(new DataFolder(second).dump());
  expect(linesOf(third)).toEqual(again);
  const server = await running({ dir: third });
  const client = await greeted(server, 'worker-2');
  const fetched = [];
  for (let n = 0; n < 4; n++) fetched.push(await client.fetch('mixed', 'run'));
  expect(fetched).toEqual(['priority-9', 'priority-5', 'priority-1', 'will-work']);
  expect(await client.ask('FETCH paused')).toBe('(nil)');
  expect((await server.info()).faktory).toMatchObject({ total_processed: 4, total_failures: 2 });
});

test('jobs of any text keep it, and their order, through dump and load', async () => {
  const place = fc.oneof(fc.constant(undefined), fc.constant('2030-01-01T00:00:00Z'));
  const jobs = fc.array(
    fc.record({
      jobtype: fc.string({ unit: 'binary', minLength: 1 }),
      args: fc.array(fc.jsonValue()),
      priority: fc.integer({ min: 1, max: 9 }),
      queue: fc.constantFrom('a', 'b'),
      at: place,
      custom: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
    { maxLength: 20 },
  );
  const [from, to] = [folder(), folder()];
  const server = await running({ dir: from });
  const client = await greeted(server);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(jobs, async (made) => {
      const bulk = made.map((one, n) => ({ jid: `property-${n}`, ...one }));
      expect(await client.ask('FLUSH')).toBe('+OK');
      expect(await client.ask(`PUSHB ${JSON.stringify(bulk)}`)).toBe('$ {}');
      const lines = [...new DataFolder(from).dump()];
      const fresh = `${to}/${round++}`;
      await new DataFolder(fresh).load(lines);
      expect(linesOf(fresh)).toEqual(lines.slice(1));
    }),
    { numRuns: 20 },
  );
}, 30_000);

test('loading into a store that has jobs leaves them, in front; known jids can be left out', async () => {
  const [from, to] = [folder(), folder()];
  for (const [dir, jids] of [
    [from, ['both-have', 'only-dump']],
    [to, ['both-have', 'only-store']],
  ] as const) {
    const server = await running({ dir });
    const client = await greeted(server);
    for (const jid of jids) await client.ask(`PUSH ${job(jid)}`);
    await server.stop();
  }
  const lines = [...new DataFolder(from).dump()];
  await expect(
    new DataFolder(to).load(new DataFolder(to).dump(), { refuseKnown: true }),
  ).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringMatching(/^line \d+: job .* is in the store already; nothing was loaded$/),
  });
  expect(await new DataFolder(to).load(lines, { skipKnown: true })).toEqual({ jobs: 1, skipped: 1 });
  expect(await new DataFolder(to).load(new DataFolder(from).dump())).toEqual({ jobs: 2, skipped: 0 });
  const server = await running({ dir: to });
  const client = await greeted(server, 'worker-1');
  const order = [];
  for (let n = 0; n < 5; n++) order.push(await client.fetch('default'));
  expect(order).toEqual(['both-have', 'only-store', 'only-dump', 'both-have', 'only-dump']);
});

const head = '{"faktory-ts":"dump","version":1,"made":"2026-01-01T00:00:00Z"}';
const ready = `{"kind":"job","place":"ready","job":${job('dumped-one')}}`;

test.each([
  [[], /the dump is empty/],
  [[head, ready], /line 2: the dump is cut short/],
  [[head, ready, '{"kind":"end","jobs":2}'], /line 3: the "end" line says 2 jobs, the dump has 1/],
  [[ready], /line 1: this is not a dump/],
  [['{"faktory-ts":"dump","version":3}'], /line 1: this dump has version 3; this program reads 2/],
  [[head, ready, 'no json'], /line 3: this is not JSON/],
  [
    [head, ready, '{"kind":"job","place":"dead","job":{"jid":"dumped-two","jobtype":"T","args":[]}}'],
    /line 3: a job in dead needs its time/,
  ],
  [
    [head, ready, '{"kind":"job","place":"ready","job":{"jid":"short","jobtype":"T","args":[]}}'],
    /line 3: jobs must have a reasonable jid/,
  ],
  [[head, ready, '{"kind":"queue","name":"no spaces","paused":true}'], /line 3: .*queue names must match/],
  [
    [head, ready, '{"kind":"day","day":"yesterday","processed":1,"failures":0}'],
    /line 3: "yesterday" is not a day/,
  ],
  [
    [head, ready, '{"kind":"totals","processed":-1,"failures":0}'],
    /line 3: processed must be a whole number/,
  ],
  [[head, ready, '{"kind":"what"}'], /line 3: this is not a line of a dump/],
  [[head, '{"kind":"end","jobs":0}', ready], /line 3: there are more lines after the "end" line/],
] as const)(
  'a dump that is wrong is refused with its line, and nothing is loaded: %j',
  async (lines, text) => {
    const dir = folder();
    const message = expect.stringMatching(text);
    await expect(new DataFolder(dir).load(lines)).rejects.toMatchObject({ message });
    expect(readdirSync(dir).filter((name) => name.startsWith('faktory.db'))).toEqual([]);
  },
);

test('a dump whose reader takes its time is whole, whatever is collected meanwhile', async () => {
  const dir = folder();
  const server = await running({ dir });
  const client = await greeted(server);
  const jobs = Array.from({ length: 2000 }, (_, n) => JSON.parse(job(`slowly-read-${n}`)) as object);
  expect(await client.ask(`PUSHB ${JSON.stringify(jobs)}`)).toBe('$ {}');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let lines = 0;
  for (const line of new DataFolder(dir).dump()) {
    if (line.includes('slowly-read-') && lines++ % 500 === 0) {
      await nextTurn();
      collect();
    }
  }
  expect(lines).toBe(2000);
});

test('a folder that a server holds is dumped, but nothing is loaded into it', async () => {
  const dir = folder();
  const server = await running({ dir });
  const client = await greeted(server);
  await client.ask(`PUSH ${job('while-it-runs')}`);
  expect(linesOf(dir).join()).toContain('while-it-runs');
  await expect(new DataFolder(dir).load([head])).rejects.toMatchObject({ code: 'LOCKED' });
  expect(await client.fetch('default')).toBe('while-it-runs');
});

test('what jobs carry and what features keep goes out and comes in again, with the names that jobs hold', async () => {
  const now = Date.UTC(2026, 5, 10) * 1000;
  const HOUR = 3_600_000_000;
  const open = (dir: string) => sqliteBackend({ dir, sync: 'off', clock: () => now });
  const from = folder();
  const first = open(from);
  await first.engine.open();
  const key = 'test:name, with "quotes"';
  await first.engine.push([
    {
      ...entry('carrying-0001'),
      deadline: now + HOUR,
      effects: [{ do: 'claim', key, until: { in: HOUR } }],
      consequences: { executed: [{ do: 'number', key: 'test:n', by: 1 }], gone: [{ do: 'release', key }] },
    },
    entry('plain-0001'),
  ]);
  await first.engine.apply([
    { do: 'put', key: 'test:value', value: 'v', until: { at: now + HOUR } },
    { do: 'counter', key: 'test:c', value: 1, atZero: [{ do: 'put', key: 'test:fired', value: '' }] },
    { do: 'claim', key: 'test:tick' },
  ]);
  const kept = await first.engine.scan('', undefined, 100);
  await first.engine.close();
  const lines = linesOf(from);
  const to = folder();
  expect(await new DataFolder(to).load(new DataFolder(from).dump())).toEqual({ jobs: 2, skipped: 0 });
  expect(linesOf(to)).toEqual(lines);
  const second = open(to);
  await second.engine.open();
  try {
    const held = { at: expect.any(Number) }; // a name is held again from the load on
    const again = [...kept].map(([name, value]) => [
      name,
      value.kind === 'claim' ? { ...value, ...held } : value,
    ]);
    expect([...(await second.engine.scan('', undefined, 100))]).toEqual(again);
    const taken = await second.engine.fetch({ queues: ['default'], wid: 'w1' });
    await second.engine.settle({ jid: taken?.jid ?? '' }, { to: 'done' });
    const after = await second.engine.scan('', undefined, 100);
    expect([...after.keys()]).toEqual(['test:c', 'test:n', 'test:tick', 'test:value']);
  } finally {
    await second.engine.close();
  }
});

test('a rate that is used stays used, and the slots of reserved jobs are free, because these jobs are ready', async () => {
  const now = Date.UTC(2026, 5, 10) * 1000;
  const HOUR = 3_600_000_000;
  const open = (dir: string) => sqliteBackend({ dir, sync: 'off', clock: () => now }).engine;
  const [from, to] = [folder(), folder()];
  const rate = { gate: 'rate', key: 'test:rate, "quoted"', per: HOUR, burst: 2 } as const;
  const slots = { gate: 'slots', key: 'test:slots', limit: 1, span: HOUR } as const;
  const ask = { queues: ['default'], wid: 'w1', gates: new Map([['default', [slots, rate]]]) };
  const first = open(from);
  await first.open();
  await first.push([entry('limited-01'), entry('limited-02')]);
  expect((await first.fetchMany(ask, 2)).jobs).toHaveLength(1);
  await first.close();
  expect(await new DataFolder(to).load(new DataFolder(from).dump())).toEqual({ jobs: 2, skipped: 0 });
  const second = open(to);
  await second.open();
  try {
    const taken = (await second.fetchMany(ask, 2)).jobs;
    expect(taken.map(({ jid }) => jid)).toEqual(['limited-01']);
    await second.settle({ jid: 'limited-01' }, { to: 'done' });
    expect(await second.fetchMany(ask, 2)).toEqual({ jobs: [], closed: new Map([['default', rate.key]]) });
  } finally {
    await second.close();
  }
});
