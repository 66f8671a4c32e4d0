/**
 * Conformance: due times. Promotion, expiry, extension, the expiry and the limit of dead, and the
 * reports of the next due time.
 */
import { describe, expect, test } from 'vitest';
import {
  EVERYWHERE,
  entries,
  entry,
  expectQueues,
  expectSizes,
  failure,
  HOUR,
  jids,
  type Open,
  SECOND,
  scenes,
} from './scene.ts';

export function exerciseTime(open: Open): void {
  describe('time', () => {
    const begin = scenes(open);
    exercisePromote(begin);
    exercisePlaces(begin);
    exerciseOverdue(begin);
    exerciseExtend(begin);
    exerciseDead(begin);
    exerciseNextDue(begin);
    exerciseOnDue(begin);
    exerciseFarTimes(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

function exercisePromote(begin: Begin): void {
  test('due jobs go to their queues in the order of their due times, other jobs stay', async () => {
    const scene = await begin();
    const delays = { 'job-00003': 3, 'job-00001': 1, 'job-00004': 4, 'job-00002': 2 };
    for (const [jid, delay] of Object.entries(delays))
      await scene.engine.push([entry(jid, { at: scene.now + delay * SECOND })]);
    expect(await scene.engine.handleDue('scheduled', 100)).toBe(0);
    scene.now += 3 * SECOND;
    expect(await scene.engine.handleDue('scheduled', 100)).toBe(3);
    expect(await scene.drain()).toEqual(['job-00001', 'job-00002', 'job-00003']);
    await expectSizes(scene.engine, { scheduled: 1, working: 3 });
  });

  test('promote moves at most its limit, the earliest first', async () => {
    const scene = await begin();
    const all = jids('job', 25);
    for (const [index, jid] of all.entries())
      await scene.engine.push([entry(jid, { at: scene.now + index + 1 })]);
    scene.now += SECOND;
    expect(await scene.engine.handleDue('scheduled', 10)).toBe(10);
    expect(await scene.drain()).toEqual(all.slice(0, 10));
    expect(await scene.engine.handleDue('scheduled', 10)).toBe(10);
    expect(await scene.engine.handleDue('scheduled', 10)).toBe(5);
    expect(await scene.engine.handleDue('scheduled', 10)).toBe(0);
    expect(await scene.drain()).toEqual(all.slice(10));
  });
}

function exercisePlaces(begin: Begin): void {
  test('a promoted job goes to the tail of its priority and is enqueued at its promotion', async () => {
    const scene = await begin();
    const at = scene.now + SECOND;
    await scene.engine.push([entry('late-0001', { at }), entry('late-0009', { at, priority: 9 })]);
    await scene.engine.push([entry('ready-005'), entry('ready-009', { priority: 9 })]);
    scene.now += HOUR;
    await scene.engine.handleDue('scheduled', 10);
    await scene.engine.push([entry('after-005')]);
    const taken = [
      await scene.take(),
      await scene.take(),
      await scene.take(),
      await scene.take(),
      await scene.take(),
    ];
    expect(taken.map(({ jid }) => jid)).toEqual([
      'ready-009',
      'late-0009',
      'ready-005',
      'late-0001',
      'after-005',
    ]);
    expect(taken.map(({ enqueuedAt }) => enqueuedAt - scene.now)).toEqual([-HOUR, 0, -HOUR, 0, 0]);
  });

  test('each set is promoted by itself, and dead jobs never are', async () => {
    const scene = await begin();
    await scene.fill('scheduled', ['later-001']);
    await scene.fill('retries', ['retry-001'], HOUR, { priority: 9 });
    await scene.fill('dead', ['dead-0001']);
    scene.now += HOUR;
    expect(await scene.engine.handleDue('retries', 10)).toBe(1);
    await expectSizes(scene.engine, { scheduled: 1, dead: 1, processed: 2, failures: 2 });
    expect(await scene.drain('filled')).toEqual(['retry-001']);
  });

  test('a promotion registers the queue of the job again', async () => {
    const scene = await begin();
    await scene.fill('scheduled', ['later-001']);
    await scene.engine.push([entry('other-001', { queue: 'other' })]);
    await scene.engine.changeQueues('*', 'remove');
    scene.now += HOUR;
    await scene.engine.handleDue('scheduled', 10);
    await expectQueues(scene.engine, { default: 1 });
  });
}

function exerciseOverdue(begin: Begin): void {
  test('overdue returns the expired reservations, the earliest first, and changes nothing', async () => {
    const scene = await begin();
    for (const [jid, reserveFor] of [
      ['long-0001', 600],
      ['mid-00001', 120],
      ['short-001', 60],
    ] as const) {
      await scene.engine.push([entry(jid, { reserveFor })]);
      await scene.take();
    }
    expect(await scene.engine.overdue(10)).toEqual([]);
    scene.now += 121 * SECOND;
    expect((await scene.engine.overdue(10)).map(({ jid }) => jid)).toEqual(['short-001', 'mid-00001']);
    expect((await scene.engine.overdue(1)).map(({ jid }) => jid)).toEqual(['short-001']);
    await expectSizes(scene.engine, { working: 3 });
  });

  test('overdue returns a reservation as fetch returned it', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60, failure: failure('before') })]);
    const held = await scene.take();
    scene.now += HOUR;
    expect(await scene.engine.overdue(10)).toEqual([held]);
  });
}

function exerciseExtend(begin: Begin): void {
  test('extend moves an expiry later, never earlier', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    const held = await scene.take();
    expect(await scene.engine.extend(held, 120 * SECOND)).toBe(true);
    expect(await scene.engine.extend({ jid: 'job-00001' }, 60 * SECOND)).toBe(true); // held, and ends later already
    expect(await scene.engine.nextDue('working')).toBe(held.expiresAt + 60 * SECOND);
    scene.now = held.expiresAt + SECOND;
    expect(await scene.engine.overdue(10)).toEqual([]);
    scene.now += 60 * SECOND;
    expect(await scene.engine.overdue(10)).toMatchObject([
      { jid: 'job-00001', expiresAt: held.expiresAt + 60 * SECOND },
    ]);
  });

  test('a job that is not held, or held under another id, cannot be extended', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001'), entry('ready-001', { queue: 'other' })]);
    const held = await scene.take();
    for (const which of [
      { jid: 'unknown-1' },
      { jid: 'ready-001' },
      { jid: 'job-00001', reservationId: held.reservationId + 1 },
    ]) {
      expect(await scene.engine.extend(which, 10 * HOUR)).toBe(false);
    }
    expect(await scene.engine.nextDue('working')).toBe(held.expiresAt);
  });
}

function exerciseDead(begin: Begin): void {
  test('expireDead deletes at most its limit of dead entries that are due', async () => {
    const scene = await begin();
    await scene.fill('dead', jids('early', 5), HOUR);
    await scene.fill('dead', jids('later', 2), 3 * HOUR);
    expect(await scene.engine.handleDue('dead', 10)).toBe(0);
    scene.now += 2 * HOUR;
    expect(await scene.engine.handleDue('dead', 3)).toBe(3);
    expect(await scene.engine.handleDue('dead', 10)).toBe(2);
    await expectSizes(scene.engine, { dead: 2, processed: 7, failures: 7 });
  });

  test('a dead set over its limit evicts its oldest entries', async () => {
    const scene = await begin({ deadLimit: 3 });
    for (const [index, jid] of jids('dead', 5).entries())
      await scene.fill('dead', [jid], HOUR + index * SECOND);
    await expectSizes(scene.engine, { dead: 3, processed: 5, failures: 5 });
    await scene.engine.mutate({ set: 'dead', change: 'requeue' });
    expect((await scene.drain('filled')).sort()).toEqual(['dead-000002', 'dead-000003', 'dead-000004']);
  });

  test('the limit of dead applies to killed entries too', async () => {
    const scene = await begin({ deadLimit: 3 });
    await scene.fill('scheduled', jids('later', 8));
    expect(await scene.engine.mutate({ set: 'scheduled', change: 'kill', deadFor: HOUR })).toBe(8);
    await expectSizes(scene.engine, { dead: 3 });
  });

  test('a dead limit of 0 means no limit', async () => {
    const scene = await begin({ deadLimit: 0 });
    await scene.fill('scheduled', jids('later', 20));
    await scene.engine.mutate({ set: 'scheduled', change: 'kill', deadFor: HOUR });
    await expectSizes(scene.engine, { dead: 20 });
  });
}

function exerciseNextDue(begin: Begin): void {
  test('nextDue is the earliest of a place, and undefined when the place is empty', async () => {
    const scene = await begin();
    for (const place of ['scheduled', 'retries', 'dead', 'working'] as const) {
      expect(await scene.engine.nextDue(place)).toBeUndefined();
    }
    await scene.fill('retries', ['retry-002'], 2 * HOUR);
    await scene.fill('retries', ['retry-001'], HOUR);
    await scene.fill('dead', ['dead-0001'], 5 * HOUR);
    await scene.fill('scheduled', ['later-001'], 7 * HOUR);
    expect(await scene.engine.nextDue('retries')).toBe(scene.now + HOUR);
    expect(await scene.engine.nextDue('dead')).toBe(scene.now + 5 * HOUR);
    expect(await scene.engine.nextDue('scheduled')).toBe(scene.now + 7 * HOUR);
    expect(await scene.engine.nextDue('working')).toBeUndefined();
  });

  test('an entry is due exactly at the time that nextDue returns', async () => {
    const scene = await begin();
    await scene.fill('scheduled', ['later-001'], SECOND);
    await scene.fill('dead', ['dead-0001'], SECOND);
    scene.now += SECOND - 1;
    expect(await scene.engine.handleDue('scheduled', 1)).toBe(0);
    expect(await scene.engine.handleDue('dead', 1)).toBe(0);
    scene.now += 1;
    expect(await scene.engine.handleDue('scheduled', 1)).toBe(1);
    expect(await scene.engine.handleDue('dead', 1)).toBe(1);
    const held = await scene.take();
    scene.now = held.expiresAt;
    expect(await scene.engine.overdue(1)).toHaveLength(1);
  });
}

function exerciseOnDue(begin: Begin): void {
  test('onDue reports an entry that is due earlier than all known ones, and no later one', async () => {
    const scene = await begin();
    const reported: [string, number][] = [];
    const stop = scene.engine.onDue((place, due) => reported.push([place, due - scene.now]));
    await scene.engine.push([entry('later-002', { at: scene.now + 2 * HOUR })]);
    await scene.engine.push([entry('later-003', { at: scene.now + 3 * HOUR })]);
    await scene.engine.push([entry('later-001', { at: scene.now + HOUR })]);
    expect(reported).toEqual([
      ['scheduled', 2 * HOUR],
      ['scheduled', HOUR],
    ]);
    stop();
    await scene.engine.push([entry('later-000', { at: scene.now + SECOND })]);
    expect(reported).toHaveLength(2);
  });

  test('onDue reports each place by itself: a hand-out, a retry, a dead job', async () => {
    const scene = await begin();
    const reported: [string, number][] = [];
    scene.engine.onDue((place, due) => reported.push([place, due - scene.now]));
    await scene.engine.push(entries(['job-00001', 'job-00002'], { reserveFor: 60 }));
    await scene.engine.settle(await scene.take(), {
      to: 'retries',
      in: HOUR,
      failure: failure('x'),
    });
    await scene.engine.settle(await scene.take(), {
      to: 'dead',
      in: 2 * HOUR,
      failure: failure('x'),
    });
    expect(reported).toContainEqual(['working', 60 * SECOND]);
    expect(reported).toContainEqual(['retries', HOUR]);
    expect(reported).toContainEqual(['dead', 2 * HOUR]);
  });

  test('onDue reports an entry that is due before the last answer of nextDue', async () => {
    const scene = await begin();
    await scene.engine.push([entry('later-001', { at: scene.now + SECOND })]);
    scene.now += 2 * SECOND;
    await scene.engine.handleDue('scheduled', 10);
    expect(await scene.engine.nextDue('scheduled')).toBeUndefined();
    const reported: number[] = [];
    scene.engine.onDue((_, due) => reported.push(due));
    await scene.engine.push([entry('later-002', { at: scene.now + 5 * HOUR })]);
    expect(reported).toEqual([scene.now + 5 * HOUR]);
  });
}

/** Later than anything that can be stored. */
const FAR = [1e16, 9e15, 1e17, 1e300, Number.MAX_VALUE];

function exerciseFarTimes(begin: Begin): void {
  test.each(FAR)(
    'a time that lies %d µs ahead is stored as the latest one, and a restart reads it',
    async (far) => {
      const scene = await begin();
      const { engine } = scene;
      const key = 'test:far';
      const consequences = { gone: [{ do: 'release', key: `${key}:claim` }] } as const;
      const effects = [{ do: 'claim', key: `${key}:claim`, until: { in: far } }] as const;
      await engine.push([
        { ...entry('job-1'), deadline: far, effects, consequences },
        entry('job-2'),
        entry('job-3'),
      ]);
      await engine.push([entry('job-4', { at: far })]);
      await engine.apply([
        { do: 'put', key, value: 'text', until: { at: far } },
        { do: 'counter', key: `${key}:counter`, value: 1, atZero: [], until: { in: far } },
      ]);
      await engine.share(key, 'text', far);
      await scene.take();
      await scene.take();
      await engine.settle({ jid: 'job-1' }, { to: 'retries', in: far, failure: failure('no') });
      await engine.settle({ jid: 'job-2' }, { to: 'dead', in: far, failure: failure('no') });
      await scene.take();
      expect(await engine.extend({ jid: 'job-3' }, far)).toBe(true);
      await engine.moveEnds(HOUR);
      await scene.restart();
      const { jobs } = await scene.finder.find({ places: EVERYWHERE }, { limit: 10 });
      expect(jobs.map(({ jid, place }) => `${jid} ${place}`).sort()).toEqual([
        'job-1 retries',
        'job-2 dead',
        'job-3 working',
        'job-4 scheduled',
      ]);
      expect((await scene.engine.read([key, `${key}:counter`, `${key}:claim`])).size).toBe(3);
      expect((await scene.engine.shared(key)).size).toBe(1);
    },
  );
}
