/**
 * Conformance: listing, pausing and removing queues, their oldest job, the reports of ready jobs,
 * counts by day, and flush.
 */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../engine.ts';
import {
  DAY,
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

export function exerciseQueues(open: Open): void {
  describe('queues', () => {
    const begin = scenes(open);
    exerciseListing(begin);
    exercisePause(begin);
    exerciseRemove(begin);
    exerciseOldest(begin);
    exerciseReady(begin);
    exerciseSilence(begin);
    exerciseCounts(begin);
    exerciseFlush(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

function exerciseListing(begin: Begin): void {
  test('queues are listed by name, empty ones too', async () => {
    const scene = await begin();
    for (const queue of ['zeta', 'alpha', 'Beta', 'alpha'])
      await scene.engine.push([entry('job-00001', { queue })]);
    await scene.take('zeta');
    expect(await scene.engine.queues()).toEqual([
      { name: 'Beta', size: 1, paused: false },
      { name: 'alpha', size: 2, paused: false },
      { name: 'zeta', size: 0, paused: false },
    ]);
  });
}

function exercisePause(begin: Begin): void {
  test('a paused queue hands out no job but accepts jobs; resumed, it hands them out in order', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001'), entry('other-001', { queue: 'other' })]);
    await scene.engine.changeQueues(['default'], 'pause');
    await scene.engine.push([entry('job-00002')]);
    expect(await scene.drain('default', 'other')).toEqual(['other-001']);
    expect(await scene.engine.queues()).toContainEqual({ name: 'default', size: 2, paused: true });
    await scene.engine.changeQueues(['default'], 'resume');
    expect(await scene.drain('default')).toEqual(['job-00001', 'job-00002']);
  });

  test('pausing an unknown name is ignored: no queue is listed, and a later push is not paused', async () => {
    const scene = await begin();
    await scene.engine.changeQueues(['nowhere', 'nothing'], 'pause');
    await expectQueues(scene.engine, {});
    await scene.engine.push([entry('job-00001', { queue: 'nowhere' })]);
    expect(await scene.drain('nowhere')).toEqual(['job-00001']);
  });

  test('a pause with * applies to all present queues, not to later ones', async () => {
    const scene = await begin();
    await scene.engine.push([entry('a-0000001', { queue: 'a' }), entry('b-0000001', { queue: 'b' })]);
    await scene.engine.changeQueues('*', 'pause');
    await scene.engine.push([entry('c-0000001', { queue: 'c' })]);
    expect(await scene.drain('a', 'b', 'c')).toEqual(['c-0000001']);
    await scene.engine.changeQueues('*', 'resume');
    expect(await scene.drain('a', 'b', 'c')).toEqual(['a-0000001', 'b-0000001']);
  });

  test('in a list of names, * is the name of a queue', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    await scene.engine.changeQueues(['*'], 'pause');
    expect(await scene.drain()).toEqual(['job-00001']);
  });
}

function exerciseRemove(begin: Begin): void {
  test('a removal of many queues and large jobs ends all of them; what is pushed meanwhile stays', async () => {
    const scene = await begin();
    const names = Array.from({ length: 450 }, (_, index) => `q${index}`);
    await scene.engine.push(names.map((queue) => entry(`${queue}-000001`, { queue })));
    const large = { queue: 'q3', args: ['x'.repeat(3_000_000)] };
    await scene.engine.push(['large-001', 'large-002', 'large-003'].map((jid) => entry(jid, large)));
    const removed = scene.engine.changeQueues('*', 'remove');
    const pushed = scene.engine.push([
      entry('new-00001', { queue: 'q3' }),
      entry('new-00002', { queue: 'q440' }),
    ]);
    const paused = scene.engine.changeQueues(['q440'], 'pause');
    await Promise.all([removed, pushed, paused]);
    expect(await scene.engine.queues()).toEqual([
      { name: 'q3', size: 1, paused: false },
      { name: 'q440', size: 1, paused: true },
    ]);
    await scene.restart();
    await scene.engine.changeQueues('*', 'resume');
    await expectQueues(scene.engine, { q3: 1, q440: 1 });
    expect(await scene.drain(...names)).toEqual(['new-00001', 'new-00002']);
  });

  test('removing a queue deletes its ready jobs and its pause; jobs in other places stay', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['held-0001', 'ready-001', 'ready-002']));
    const held = await scene.take();
    await scene.fill('scheduled', ['later-001']);
    await scene.engine.changeQueues(['default'], 'pause');
    await scene.engine.changeQueues(['default', 'nowhere'], 'remove');
    await expectQueues(scene.engine, {});
    await expectSizes(scene.engine, { scheduled: 1, working: 1 });
    await scene.engine.push([entry('new-00001')]);
    expect(await scene.drain()).toEqual(['new-00001']);
    expect(await scene.engine.settle(held, { to: 'done' })).toBe(true);
  });

  test('a removal with * removes all queues', async () => {
    const scene = await begin();
    await scene.engine.push([entry('a-0000001', { queue: 'a' }), entry('b-0000001', { queue: 'b' })]);
    await scene.engine.changeQueues('*', 'remove');
    await expectQueues(scene.engine, {});
    expect(await scene.drain('a', 'b')).toEqual([]);
  });

  test('a job that is put back registers its removed queue again', async () => {
    const scene = await begin();
    await scene.engine.push([entry('held-0001')]);
    const held = await scene.take();
    await scene.engine.changeQueues(['default'], 'remove');
    await scene.engine.settle(held, { to: 'queue' });
    await expectQueues(scene.engine, { default: 1 });
    expect(await scene.drain()).toEqual(['held-0001']);
  });
}

function exerciseOldest(begin: Begin): void {
  test('oldest is the enqueue time of the longest-waiting ready job of any priority', async () => {
    const scene = await begin();
    expect(await scene.finder.oldest('default')).toBeUndefined();
    const first = scene.now;
    await scene.engine.push([entry('low-00001', { priority: 1 })]);
    scene.now += 10 * SECOND;
    await scene.engine.push([entry('high-0001', { priority: 9 })]);
    expect(await scene.finder.oldest('default')).toBe(first);
    await scene.take();
    expect(await scene.finder.oldest('default')).toBe(first);
    await scene.take();
    expect(await scene.finder.oldest('default')).toBeUndefined();
  });
}

/** Sums what `onReady` reports, by queue. */
function countReady(engine: Engine): Record<string, number> {
  const counts: Record<string, number> = {};
  engine.onReady((queue, count) => {
    counts[queue] = (counts[queue] ?? 0) + count;
    return false;
  });
  return counts;
}

function exerciseReady(begin: Begin): void {
  test('onReady reports pushed, promoted, requeued and put-back jobs by queue', async () => {
    const scene = await begin();
    const counts = countReady(scene.engine);
    await scene.engine.push([
      ...entries(jids('a', 3), { queue: 'a' }),
      ...entries(jids('b', 2), { queue: 'b' }),
    ]);
    await scene.fill('scheduled', jids('soon', 4), SECOND, { queue: 'c' });
    expect(counts).toEqual({ a: 3, b: 2 });
    scene.now += SECOND;
    await scene.engine.handleDue('scheduled', 3);
    expect(counts).toEqual({ a: 3, b: 2, c: 3 });
    await scene.engine.mutate({ set: 'scheduled', change: 'requeue' });
    expect(counts).toEqual({ a: 3, b: 2, c: 4 });
    await scene.engine.settle(await scene.take('a'), { to: 'queue' });
    expect(counts).toEqual({ a: 4, b: 2, c: 4 });
  });

  test('onReady reports nothing for a paused queue, and all its jobs when it is resumed', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await scene.engine.changeQueues(['default'], 'pause');
    const counts = countReady(scene.engine);
    await scene.engine.push(entries(jids('more', 3)));
    expect(counts).toEqual({});
    await scene.engine.changeQueues('*', 'resume');
    expect(counts).toEqual({ default: 5 });
  });
}

function exerciseSilence(begin: Begin): void {
  test('onReady reports no scheduled job, fetch or failed settle, and nothing to a stopped listener', async () => {
    const scene = await begin();
    let calls = 0;
    const stop = scene.engine.onReady(() => {
      calls += 1;
      return false;
    });
    await scene.engine.push([entry('later-001', { at: scene.now + HOUR })]);
    await scene.engine.fetch({ queues: ['default'], wid: 'w1' });
    await scene.engine.settle({ jid: 'nobody-01' }, { to: 'queue' });
    expect(calls).toBe(0);
    await scene.engine.push([entry('job-00001')]);
    expect(calls).toBe(1);
    stop();
    await scene.engine.push([entry('job-00002')]);
    expect(calls).toBe(1);
  });

  test('a job that onReady reports can be fetched from the listener or later', async () => {
    const scene = await begin();
    const fetched = new Promise<string | undefined>((resolve) => {
      scene.engine.onReady((queue) => {
        void scene.engine.fetch({ queues: [queue], wid: 'w1' }).then((held) => resolve(held?.jid));
        return true;
      });
    });
    await scene.engine.push([entry('job-00001')]);
    expect(await fetched).toBe('job-00001');
    await expectSizes(scene.engine, { working: 1 });
    await scene.engine.push([entry('job-00002')]);
    await expectSizes(scene.engine, { working: 2 });
  });
}

function exerciseCounts(begin: Begin): void {
  test('days counts each UTC day by itself, and has zeros for days without an execution', async () => {
    const scene = await begin();
    scene.now = Date.UTC(2026, 11, 31, 23, 59, 59, 900) * 1000;
    await scene.engine.push(entries(jids('job', 4)));
    await scene.engine.settle(await scene.take(), { to: 'done' });
    await scene.engine.settle(await scene.take(), { to: 'discarded' });
    scene.now += SECOND / 5;
    await scene.engine.settle(await scene.take(), { to: 'done' });
    expect(await scene.history.days(2)).toEqual([
      { day: '2026-12-31', processed: 2, failures: 1 },
      { day: '2027-01-01', processed: 1, failures: 0 },
    ]);
    scene.now += 2 * DAY;
    await scene.engine.settle(await scene.take(), {
      to: 'retries',
      in: HOUR,
      failure: failure('x'),
    });
    const days = await scene.history.days(5);
    expect(days.map(({ day }) => day)).toEqual([
      '2026-12-30',
      '2026-12-31',
      '2027-01-01',
      '2027-01-02',
      '2027-01-03',
    ]);
    expect(days.map(({ processed, failures }) => [processed, failures])).toEqual([
      [0, 0],
      [2, 1],
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
    await expectSizes(scene.engine, { retries: 1, processed: 4, failures: 2 });
  });
}

function exerciseFlush(begin: Begin): void {
  test('flush deletes jobs, reservations, pauses, counters and history', async () => {
    const scene = await begin();
    for (const set of ['scheduled', 'retries', 'dead'] as const) await scene.fill(set, [`in-${set}`]);
    await scene.engine.push(entries(['held-0001', 'ready-001']));
    const held = await scene.take();
    await scene.engine.changeQueues('*', 'pause');
    await scene.engine.flush();
    await expectSizes(scene.engine, {});
    await expectQueues(scene.engine, {});
    expect(await scene.history.days(1)).toMatchObject([{ processed: 0, failures: 0 }]);
    expect(await scene.engine.settle(held, { to: 'done' })).toBe(false);
    for (const place of ['scheduled', 'retries', 'dead', 'working'] as const) {
      expect(await scene.engine.nextDue(place)).toBeUndefined();
    }
    await scene.engine.push([entry('new-00001')]);
    expect(await scene.drain()).toEqual(['new-00001']);
  });

  test('a probe resolves and changes no figure', async () => {
    const scene = await begin();
    await scene.engine.probe();
    await scene.engine.probe();
    await expectSizes(scene.engine, {});
    await expectQueues(scene.engine, {});
  });
}
