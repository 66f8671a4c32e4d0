/**
 * Conformance: gates, the limits that a fetch brings along. One test for each rule of `gates.ts`; random histories are in
 * gates-random.ts.
 */
import { describe, expect, test } from 'vitest';
import type { Entry, Gate, Reservation, Taken } from '../engine.ts';
import { exerciseRandomGates } from './gates-random.ts';
import { entries, entry, failure, HOUR, jids, type Open, type Scene, SECOND, scenes } from './scene.ts';

type Begin = ReturnType<typeof scenes>;

export function exerciseGates(open: Open): void {
  describe('gates', () => {
    const begin = scenes(open);
    exerciseLimit(begin);
    exerciseEnds(begin);
    exerciseSilence(begin);
    exerciseRate(begin);
    exerciseOpenings(begin);
    exerciseKept(begin);
    exerciseRandomGates(open);
  });
}

const SPAN = 40 * SECOND;
const KEY = 'test:slots';
const slots = (limit: number, key = KEY, span = SPAN): Gate => ({ gate: 'slots', key, limit, span });
const rate = (per: number, burst: number, key = 'test:rate'): Gate => ({ gate: 'rate', key, per, burst });

/** A store refuses a job without a priority. */
const unstorable: Entry = { ...entry('bad-000001'), priority: null as unknown as number };

interface Asked {
  readonly queues?: readonly string[];
  readonly wid?: string;
  readonly lease?: boolean;
  readonly count?: number;
}

/** A fetch for which each of its queues has these gates. */
function fetchBy(
  { engine }: Scene,
  gates: readonly Gate[],
  { queues = ['default'], wid = 'w1', lease = false, count = 1 }: Asked = {},
): Promise<Taken> {
  return engine.fetchMany({ queues, wid, lease, gates: new Map(queues.map((name) => [name, gates])) }, count);
}

async function jidsBy(scene: Scene, gates: readonly Gate[], asked: Asked = {}): Promise<string[]> {
  return (await fetchBy(scene, gates, asked)).jobs.map(({ jid }) => jid);
}

async function takeBy(scene: Scene, gates: readonly Gate[], asked: Asked = {}): Promise<Reservation> {
  const [taken] = (await fetchBy(scene, gates, asked)).jobs;
  if (!taken) throw new Error('no job');
  return taken;
}

async function withJobs(begin: Begin, count: number, queue = 'default'): Promise<Scene> {
  const scene = await begin();
  await scene.engine.push(entries(jids('job', count), { queue }));
  return scene;
}

function exerciseLimit(begin: Begin): void {
  test('as many jobs run as the gate has slots, one by one and in a fetch of many', async () => {
    const scene = await withJobs(begin, 10);
    expect(await jidsBy(scene, [slots(3)])).toEqual(['job-000000']);
    expect(await jidsBy(scene, [slots(3)], { count: 100 })).toEqual(['job-000001', 'job-000002']);
    expect(await fetchBy(scene, [slots(3)], { count: 100 })).toEqual({
      jobs: [],
      closed: new Map([['default', KEY]]),
    });
    expect((await scene.take()).jid).toBe('job-000003'); // a fetch without gates
  });

  test('fetches at once never take more than the slots', async () => {
    const scene = await withJobs(begin, 50);
    const asked = Array.from({ length: 40 }, (_, n) => jidsBy(scene, [slots(7)], { wid: `w${n}`, count: 3 }));
    expect((await Promise.all(asked)).flat()).toEqual(jids('job', 7));
  });

  test('a closed gate hides its queue: the fetch takes from its next queue, and reports the closed one', async () => {
    const scene = await withJobs(begin, 3);
    await scene.engine.push(entries(['other-001'], { queue: 'other' }));
    const gates = new Map([['default', [slots(1)]]]);
    const ask = { queues: ['default', 'other'], wid: 'w1', gates };
    const first = await scene.engine.fetchMany(ask, 10);
    expect(first.jobs.map(({ jid }) => jid)).toEqual(['job-000000', 'other-001']);
    expect(first.closed).toEqual(new Map([['default', KEY]]));
    await scene.engine.push(entries(['other-002'], { queue: 'other' }));
    expect((await scene.engine.fetch(ask))?.jid).toBe('other-002');
  });

  test('a gate with a key of its worker hides the queue from that worker only', async () => {
    const scene = await withJobs(begin, 4);
    const of = (wid: string) => [[slots(1, `test:${wid}`)], { wid }] as const;
    expect(await jidsBy(scene, ...of('w1'))).toEqual(['job-000000']);
    expect(await jidsBy(scene, ...of('w1'))).toEqual([]);
    expect(await jidsBy(scene, ...of('w2'))).toEqual(['job-000001']);
  });

  test('queues with one key share its slots', async () => {
    const scene = await withJobs(begin, 2);
    await scene.engine.push(entries(['other-001'], { queue: 'other' }));
    const taken = await takeBy(scene, [slots(1)]);
    expect(await jidsBy(scene, [slots(1)], { queues: ['other'] })).toEqual([]);
    await scene.engine.settle(taken, { to: 'done' });
    expect(await jidsBy(scene, [slots(1)], { queues: ['other'] })).toEqual(['other-001']);
  });

  test('a queue is open while all its gates are; a hand-out takes a slot of each, a refused fetch of none', async () => {
    const scene = await withJobs(begin, 9);
    const both = [slots(2, 'test:a'), slots(1, 'test:b')];
    expect(await jidsBy(scene, both, { count: 5 })).toHaveLength(1);
    expect(await jidsBy(scene, both, { count: 5 })).toEqual([]);
    expect(await jidsBy(scene, [slots(2, 'test:a')], { count: 5 })).toHaveLength(1);
    expect(await jidsBy(scene, [slots(2, 'test:b')], { count: 5 })).toHaveLength(1);
  });

  test('the limit of each fetch counts: a lower one closes the gate, a higher one opens it', async () => {
    const scene = await withJobs(begin, 9);
    expect(await jidsBy(scene, [slots(3)], { count: 9 })).toHaveLength(3);
    expect(await jidsBy(scene, [slots(2)])).toEqual([]);
    expect(await jidsBy(scene, [slots(5)], { count: 9 })).toHaveLength(2);
  });
}

const ENDS: [string, (scene: Scene, held: Reservation) => Promise<unknown>][] = [
  ['is acknowledged', ({ engine }, held) => engine.settle(held, { to: 'done' })],
  ['is acknowledged in a bulk', ({ engine }, held) => engine.settleMany([{ held, outcome: { to: 'done' } }])],
  ['fails', ({ engine }, held) => engine.settle(held, { to: 'retries', in: HOUR, failure: failure('no') })],
  [
    'fails for good',
    ({ engine }, held) => engine.settle(held, { to: 'dead', in: HOUR, failure: failure('no') }),
  ],
  ['fails without a retry', ({ engine }, held) => engine.settle(held, { to: 'discarded' })],
  ['is given back', ({ engine }, held) => engine.settle(held, { to: 'queue' })],
];

function exerciseEnds(begin: Begin): void {
  test.each(ENDS)('a slot is free when its job %s, after a restart too', async (_, end) => {
    for (const restart of [false, true]) {
      const scene = await withJobs(begin, 2);
      const held = await takeBy(scene, [slots(1)]);
      if (restart) await scene.restart();
      expect(await jidsBy(scene, [slots(1)])).toEqual([]);
      await end(scene, held);
      expect(await jidsBy(scene, [slots(1)], { count: 2 })).toHaveLength(1);
    }
  });

  test('a slot is free when its overdue job is settled; extending the job does not extend the slot', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 3), { reserveFor: 10 }));
    const gates = [slots(1)];
    const held = await takeBy(scene, gates);
    scene.now += 10 * SECOND;
    expect(await jidsBy(scene, gates)).toEqual([]);
    expect(await scene.engine.overdue(10)).toHaveLength(1);
    const expired = { to: 'retries', in: HOUR, failure: failure('expired') } as const;
    expect(await scene.engine.settle(held, expired, { onlyIfOverdue: true })).toBe(true);
    const next = await takeBy(scene, gates, { wid: '' });
    expect(await scene.engine.extend(next, HOUR)).toBe(true);
    scene.now += SPAN;
    expect(await jidsBy(scene, gates)).toEqual(['job-000002']);
  });

  test('a settle that is not applied frees no slot', async () => {
    const scene = await withJobs(begin, 2);
    const held = await takeBy(scene, [slots(1)]);
    expect(await scene.engine.settle(held, { to: 'done' }, { onlyIfOverdue: true })).toBe(false);
    const other = { jid: held.jid, reservationId: held.reservationId + 1 };
    expect(await scene.engine.settle(other, { to: 'done' })).toBe(false);
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
  });

  test('removing a queue frees no slot, because its working jobs stay', async () => {
    const scene = await withJobs(begin, 2);
    const held = await takeBy(scene, [slots(1)]);
    await scene.engine.changeQueues(['default'], 'remove');
    await scene.engine.push(entries(['job-000002']));
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
    await scene.engine.settle(held, { to: 'done' });
    expect(await jidsBy(scene, [slots(1)])).toEqual(['job-000002']);
  });

  test('a flush drops slots and rates', async () => {
    const scene = await withJobs(begin, 2);
    const gates = [slots(1), rate(HOUR, 1)];
    await takeBy(scene, gates);
    await scene.engine.flush();
    for (const restart of [false, true]) {
      if (restart) await scene.restart();
      await scene.engine.push(entries([`after-${restart}`]));
      expect(await jidsBy(scene, restart ? [slots(2)] : gates)).toEqual([`after-${restart}`]);
    }
  });

  test('at its span a slot is free although the job runs, and its late end frees no slot of a successor', async () => {
    const scene = await withJobs(begin, 3);
    const late = await takeBy(scene, [slots(1)], { wid: '' });
    scene.now += SPAN - 1;
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
    scene.now += 1;
    expect(await jidsBy(scene, [slots(1)])).toEqual(['job-000001']);
    expect(await scene.engine.settle(late, { to: 'done' })).toBe(true);
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
    await scene.restart();
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
  });
}

function exerciseSilence(begin: Begin): void {
  const long = [slots(1, KEY, HOUR)];

  test('the slot of a leased job is free when its lease is over, and stays while its worker sends beats', async () => {
    const scene = await withJobs(begin, 3);
    await takeBy(scene, long, { lease: true });
    for (let beats = 0; beats < 20; beats++) {
      scene.now += 14 * SECOND;
      await scene.engine.beat('w1');
      expect(await jidsBy(scene, long, { wid: 'w2' })).toEqual([]);
    }
    scene.now += 15 * SECOND;
    expect(await jidsBy(scene, long, { wid: 'w2' })).toEqual(['job-000001']);
  });

  test('the slot of another worker is free 60 s after its last beat or hand-out', async () => {
    const scene = await withJobs(begin, 3);
    await takeBy(scene, long);
    for (let beats = 0; beats < 3; beats++) {
      scene.now += 59 * SECOND;
      await scene.engine.beat('w1');
      await scene.engine.beat('w2');
      expect(await jidsBy(scene, long, { wid: 'w2' })).toEqual([]);
    }
    scene.now += 60 * SECOND;
    expect(await jidsBy(scene, long, { wid: 'w2' })).toEqual(['job-000001']);
    await scene.engine.beat('w1'); // comes too late: the slot is another worker's
    expect(await jidsBy(scene, long, { wid: 'w3' })).toEqual([]);
    scene.now += 60 * SECOND;
    expect(await jidsBy(scene, long, { wid: 'w3' })).toEqual(['job-000002']);
  });

  test('a connection without a worker id is never silent', async () => {
    const scene = await withJobs(begin, 2);
    await takeBy(scene, long, { wid: '' });
    scene.now += HOUR - 1;
    expect(await jidsBy(scene, long)).toEqual([]);
    scene.now += 1;
    expect(await jidsBy(scene, long)).toEqual(['job-000001']);
  });

  test('after a restart each worker has a whole span, and a slot that was freed stays free', async () => {
    const scene = await withJobs(begin, 4);
    const two = [slots(2, KEY, HOUR)];
    await takeBy(scene, two, { wid: 'silent' });
    await takeBy(scene, two, { wid: 'leased', lease: true });
    scene.now += 50 * SECOND;
    await scene.restart();
    scene.now += 14 * SECOND;
    expect(await jidsBy(scene, two)).toEqual([]);
    await scene.engine.beat('silent');
    scene.now += SECOND; // the lease is over
    expect(await jidsBy(scene, two, { count: 5, wid: '' })).toEqual(['job-000002']);
    await scene.restart();
    expect(await jidsBy(scene, two, { count: 5 })).toEqual([]);
    expect(await jidsBy(scene, [slots(3, KEY, HOUR)], { count: 5 })).toEqual(['job-000003']);
  });
}

function exerciseRate(begin: Begin): void {
  test('a rate lets its burst pass at once, then one job each `per`; after a rest the burst is whole again', async () => {
    const scene = await withJobs(begin, 30);
    const gates = [rate(10 * SECOND, 3)];
    expect(await jidsBy(scene, gates, { count: 10 })).toHaveLength(3);
    expect(await jidsBy(scene, gates)).toEqual([]);
    for (let turns = 0; turns < 3; turns++) {
      scene.now += 10 * SECOND - 1;
      expect(await jidsBy(scene, gates)).toEqual([]);
      scene.now += 1;
      expect(await jidsBy(scene, gates, { count: 10 })).toHaveLength(1);
    }
    scene.now += 20 * SECOND;
    expect(await jidsBy(scene, gates, { count: 10 })).toHaveLength(2);
    scene.now += HOUR;
    expect(await jidsBy(scene, gates, { count: 10 })).toHaveLength(3);
  });

  test('an end gives nothing back to a rate, and neither does a job that is given back', async () => {
    const scene = await withJobs(begin, 5);
    const gates = [rate(SECOND, 2)];
    await scene.engine.settle(await takeBy(scene, gates), { to: 'queue' });
    await scene.engine.settle(await takeBy(scene, gates), { to: 'done' });
    expect(await jidsBy(scene, gates)).toEqual([]);
  });

  test('of a rate and slots the closed one is reported, and a fetch that slots refuse uses no rate', async () => {
    const scene = await withJobs(begin, 5);
    const gates = [rate(HOUR, 2), slots(1)];
    const held = await takeBy(scene, gates);
    expect((await fetchBy(scene, gates)).closed).toEqual(new Map([['default', KEY]]));
    await scene.engine.settle(held, { to: 'done' });
    await scene.engine.settle(await takeBy(scene, gates), { to: 'done' });
    expect((await fetchBy(scene, gates)).closed).toEqual(new Map([['default', 'test:rate']]));
  });
}

/** What `onReady` reports of gates. */
function openingsOf({ engine }: Scene): [queue: string, count: number, gate: string][] {
  const told: [string, number, string][] = [];
  engine.onReady((queue, count, gate) => {
    if (gate !== undefined) told.push([queue, count, gate]);
    return false;
  });
  return told;
}

function exerciseOpenings(begin: Begin): void {
  test('onReady reports a gate that opens: once for each queue, with the jobs that may pass', async () => {
    const scene = await withJobs(begin, 9);
    await scene.engine.push(entries(['other-001'], { queue: 'other' }));
    const told = openingsOf(scene);
    const held = (await fetchBy(scene, [slots(3)], { count: 3 })).jobs;
    await fetchBy(scene, [slots(3)], { queues: ['other'] });
    await scene.engine.settleMany(
      held.slice(0, 2).map((each) => ({ held: each, outcome: { to: 'done' } as const })),
    );
    expect(told).toEqual([
      ['default', 2, KEY],
      ['other', 1, KEY],
    ]);
    await scene.engine.settle(held[2] ?? { jid: '' }, { to: 'done' });
    expect(told).toHaveLength(2); // it was open
  });

  test('a gate that opens is reported with 0 jobs where its queue is paused or empty', async () => {
    const scene = await withJobs(begin, 2);
    const told = openingsOf(scene);
    for (const pause of [true, false]) {
      const held = await takeBy(scene, [slots(1)]);
      if (pause) await scene.engine.changeQueues('*', 'pause');
      await scene.engine.settle(held, { to: 'done' });
      await scene.engine.changeQueues('*', 'resume');
    }
    expect(told).toEqual([
      ['default', 0, KEY],
      ['default', 0, KEY],
    ]);
  });

  test('a fetch that is called when a gate opens can join the commit that opened it', async () => {
    // It need not: on a slow machine a turn may end between the two.
    const commits: number[] = [];
    for (let tries = 0; tries < 20 && commits.at(-1) !== 1; tries++) {
      const scene = await withJobs(begin, 2);
      const held = await takeBy(scene, [slots(1)]);
      const next: Promise<string[]>[] = [];
      scene.engine.onReady(() => next.push(jidsBy(scene, [slots(1)])) > 0);
      const before = scene.engine.figures.commits().commits;
      await scene.engine.settle(held, { to: 'done' });
      expect((await Promise.all(next)).flat()).toEqual(['job-000001']);
      commits.push(scene.engine.figures.commits().commits - before);
    }
    expect(commits).toContain(1);
  });

  const byClock: [string, Gate, Asked, number][] = [
    ['a span', slots(1), { wid: '' }, SPAN],
    ['a rate', rate(10 * SECOND, 1), {}, 10 * SECOND],
    ['a burst', rate(10 * SECOND, 2), { count: 2 }, 10 * SECOND],
    ['a silent worker', slots(1, KEY, HOUR), {}, 60 * SECOND],
    ['a lease', slots(1, KEY, HOUR), { lease: true }, 15 * SECOND],
  ];
  test.each(byClock)(
    'what time opens (%s) is due by onDue and nextDue, and reported by lapse',
    async (...row) => {
      const [, gate, asked, after] = row;
      for (const restart of [false, true]) {
        const scene = await withJobs(begin, 5);
        const due: number[] = [];
        scene.engine.onDue((place, at) => {
          if (place === 'ends') due.push(at - scene.now);
        });
        await fetchBy(scene, [gate], asked);
        expect(due).toEqual([after]);
        if (restart) await scene.restart();
        const told = openingsOf(scene);
        await fetchBy(scene, [gate], { wid: 'w2' });
        expect(await scene.engine.nextDue('ends')).toBe(scene.now + after);
        scene.now += after - 1;
        await scene.engine.handleDue('ends', 10);
        expect(told).toEqual([]);
        scene.now += 1;
        await scene.engine.handleDue('ends', 10);
        expect(told).toEqual([['default', 1, gate.key]]);
        expect(await scene.engine.nextDue('ends')).toBeUndefined();
      }
    },
  );

  test('a flush opens the gates that fetches met', async () => {
    const scene = await withJobs(begin, 5);
    const told = openingsOf(scene);
    await fetchBy(scene, [slots(1)]);
    await fetchBy(scene, [slots(1)]);
    await fetchBy(scene, [rate(HOUR, 1)], { count: 2 });
    await scene.engine.flush();
    expect(told.map(([, count, key]) => [count, key])).toEqual([
      [0, KEY],
      [0, 'test:rate'],
    ]);
  });
}

function exerciseKept(begin: Begin): void {
  test('slots and rates survive a restart', async () => {
    const scene = await withJobs(begin, 9);
    const gates = [slots(3), rate(SECOND, 5)];
    await fetchBy(scene, gates, { count: 2 });
    await scene.restart();
    expect(await jidsBy(scene, gates, { count: 9 })).toHaveLength(1);
    expect(await jidsBy(scene, [rate(SECOND, 5)], { count: 9 })).toHaveLength(2);
    await scene.restart();
    scene.now += SPAN;
    expect(await jidsBy(scene, gates, { count: 9 })).toHaveLength(3);
  });

  test('a commit that fails takes no slot, and uses no rate', async () => {
    const scene = await withJobs(begin, 3);
    const gates = [slots(1), rate(HOUR, 1)];
    const together = [takeBy(scene, gates), scene.engine.push([unstorable])];
    for (const each of await Promise.allSettled(together)) expect(each.status).toBe('rejected');
    expect(await jidsBy(scene, gates)).toEqual(['job-000000']);
    expect(await jidsBy(scene, gates)).toEqual([]);
  });

  test('a commit that fails frees no slot, and the opening is reported when the end is committed', async () => {
    const scene = await withJobs(begin, 3);
    const held = await takeBy(scene, [slots(1)]);
    const told: unknown[] = [];
    const failed: Promise<unknown>[] = [];
    scene.engine.onReady((_, count, gate) => {
      told.push([count, gate]);
      // Joins the commit of the end, which then fails.
      if (failed.length === 0) failed.push(scene.engine.push([unstorable]));
      return true;
    });
    const end = scene.engine.settle(held, { to: 'done' });
    await expect(end).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(failed[0]).rejects.toMatchObject({ code: 'STORAGE' });
    expect(await jidsBy(scene, [slots(1)])).toEqual([]);
    expect(await scene.engine.settle(held, { to: 'done' })).toBe(true);
    expect(told).toEqual([
      [1, KEY],
      [1, KEY],
    ]);
    expect(await jidsBy(scene, [slots(1)])).toEqual(['job-000001']);
  });

  test('a set clock moves spans and rates, forward and back', async () => {
    for (const by of [5 * HOUR, -5 * HOUR]) {
      const scene = await withJobs(begin, 9);
      await takeBy(scene, [slots(1), rate(SPAN, 1)], { wid: '' });
      await scene.set(by);
      await scene.restart();
      expect(await scene.engine.nextDue('ends')).toBe(scene.now + SPAN);
      scene.now += SPAN - 1;
      expect(await jidsBy(scene, [slots(1)])).toEqual([]);
      expect(await jidsBy(scene, [rate(SPAN, 1)])).toEqual([]);
      scene.now += 1;
      expect(await jidsBy(scene, [slots(1), rate(SPAN, 1)], { count: 9 })).toHaveLength(1);
    }
  });

  test('no more rates are kept than are in use', async () => {
    const scene = await withJobs(begin, 2100);
    for (let n = 0; n < 2100; n++) {
      if (n % 500 === 0) scene.now += HOUR;
      expect(await jidsBy(scene, [rate(SECOND, 1, `test:${n}`)])).toHaveLength(1);
    }
    expect(await jidsBy(scene, [rate(SECOND, 1, 'test:2099')])).toEqual([]);
  });
}
