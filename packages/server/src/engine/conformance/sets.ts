/**
 * Conformance: MUTATE on the three timed sets. Discard, kill and requeue select entries by jids,
 * by a filter, or all of them. Large sets are changed in bites.
 */
import { describe, expect, test } from 'vitest';
import type { TimedSet } from '../engine.ts';
import { entry, expectQueues, expectSizes, failure, HOUR, jids, type Open, SECOND, scenes } from './scene.ts';

const sets: readonly TimedSet[] = ['scheduled', 'retries', 'dead'];

export function exerciseSets(open: Open): void {
  describe('sets', () => {
    const begin = scenes(open);
    for (const set of sets) exerciseEach(set, begin);
    exerciseKill(begin);
    exerciseFilter(begin);
    exerciseRequeue(begin);
    exerciseLarge(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

function exerciseEach(set: TimedSet, begin: Begin): void {
  const queue = set === 'scheduled' ? 'default' : 'filled';

  test(`discard by jids deletes exactly these jobs from ${set}`, async () => {
    const scene = await begin();
    await scene.fill(set, jids('job', 5));
    const counted = await scene.engine.sizes();
    const picked = ['job-000001', 'job-000003', 'not-there'];
    expect(await scene.engine.mutate({ set, change: 'discard', jids: picked })).toBe(2);
    expect(await scene.engine.sizes()).toEqual({ ...counted, [set]: 3 });
    await scene.engine.mutate({ set, change: 'requeue' });
    expect((await scene.drain(queue)).sort()).toEqual(['job-000000', 'job-000002', 'job-000004']);
  });

  test(`requeue by a filter makes exactly the matching jobs of ${set} ready`, async () => {
    const scene = await begin();
    await scene.fill(set, jids('apple', 3), HOUR, { jobtype: 'Apple' });
    await scene.fill(set, jids('pear', 2), 2 * HOUR, { jobtype: 'Pear' });
    const changed = await scene.engine.mutate({
      set,
      change: 'requeue',
      jobtype: 'Apple',
    });
    expect(changed).toBe(3);
    expect((await scene.drain(queue)).sort()).toEqual(jids('apple', 3));
    expect((await scene.engine.sizes())[set]).toBe(2);
  });

  test(`kill without a filter moves all jobs of ${set} to dead and counts no failure`, async () => {
    const scene = await begin();
    await scene.fill(set, jids('job', 4));
    const { processed, failures } = await scene.engine.sizes();
    expect(await scene.engine.mutate({ set, change: 'kill', deadFor: 9 * HOUR })).toBe(4);
    await expectSizes(scene.engine, { dead: 4, processed, failures });
    expect(await scene.engine.nextDue('dead')).toBe(scene.now + 9 * HOUR);
  });

  test(`discard without a filter empties ${set} and changes no other place`, async () => {
    const scene = await begin();
    for (const each of sets) await scene.fill(each, [`in-${each}`]);
    await scene.engine.push([entry('ready-001', { queue: 'ready' }), entry('held-0001', { queue: 'held' })]);
    await scene.take('held');
    const before = await scene.engine.sizes();
    expect(await scene.engine.mutate({ set, change: 'discard' })).toBe(1);
    expect(await scene.engine.sizes()).toEqual({ ...before, [set]: 0 });
    expect((await scene.engine.queues()).find(({ name }) => name === 'ready')?.size).toBe(1);
  });
}

function exerciseKill(begin: Begin): void {
  test('killing a dead entry starts its expiry again', async () => {
    const scene = await begin();
    await scene.fill('dead', ['dead-0001'], HOUR);
    expect(await scene.engine.mutate({ set: 'dead', change: 'kill', deadFor: 9 * HOUR })).toBe(1);
    scene.now += 2 * HOUR;
    expect(await scene.engine.handleDue('dead', 10)).toBe(0);
    expect(await scene.engine.nextDue('dead')).toBe(scene.now + 7 * HOUR);
  });

  test('a killed job keeps its failure', async () => {
    const scene = await begin();
    await scene.fill('retries', ['retry-001']);
    await scene.engine.mutate({ set: 'retries', change: 'kill', deadFor: HOUR });
    await scene.engine.mutate({ set: 'dead', change: 'requeue' });
    expect((await scene.take('filled')).failure).toBe(failure('retry-001'));
  });
}

function exerciseFilter(begin: Begin): void {
  test('a filter matches the jobtype and the whole wire text, failure and enqueued_at included', async () => {
    const scene = await begin();
    await scene.fill('retries', ['retry-001'], HOUR, { jobtype: 'Mail', args: ['to', 7] });
    const discard = (regexp: string, jobtype?: string): Promise<number> =>
      scene.engine.mutate({ set: 'retries', change: 'discard', regexp, jobtype });
    expect(await discard('*"args":\\["to",7\\]*', 'Letter')).toBe(0);
    expect(await discard('"jobtype"*', 'Mail')).toBe(0);
    const parts = [
      '"jid":"retry-001"',
      '"args":\\["to",7\\]',
      '"enqueued_at":"',
      '"failure":{',
      '"message":"retry-001"',
    ];
    expect(await discard(`{*${parts.join('*')}*}`, 'Mail')).toBe(1);
    await expectSizes(scene.engine, { retries: 0, processed: 1, failures: 1 });
  });

  test('a filter matches a job that was pushed just before', async () => {
    const scene = await begin();
    const pushed = scene.engine.push([entry('late-0001', { jobtype: 'Mail', at: scene.now + HOUR })]);
    expect(await scene.engine.mutate({ set: 'scheduled', change: 'discard', jobtype: 'Mail' })).toBe(1);
    await pushed;
  });
}

function exerciseRequeue(begin: Begin): void {
  test('a requeued job goes to the tail of its priority with a new enqueued time', async () => {
    const scene = await begin();
    await scene.fill('scheduled', ['later-009'], HOUR, { priority: 9 });
    await scene.fill('scheduled', ['later-005'], HOUR);
    await scene.engine.push([entry('ready-005'), entry('ready-009', { priority: 9 })]);
    scene.now += 5 * SECOND;
    await scene.engine.mutate({ set: 'scheduled', change: 'requeue', jids: ['later-005'] });
    await scene.engine.mutate({ set: 'scheduled', change: 'requeue', jids: ['later-009'] });
    const taken = [await scene.take(), await scene.take(), await scene.take(), await scene.take()];
    expect(taken.map(({ jid }) => jid)).toEqual(['ready-009', 'later-009', 'ready-005', 'later-005']);
    expect(taken.map(({ enqueuedAt }) => scene.now - enqueuedAt)).toEqual([5 * SECOND, 0, 5 * SECOND, 0]);
  });

  test('a requeued job keeps its failure and lists its queue again', async () => {
    const scene = await begin();
    await scene.fill('dead', ['dead-0001']);
    await scene.engine.changeQueues('*', 'remove');
    await scene.engine.mutate({ set: 'dead', change: 'requeue' });
    await expectQueues(scene.engine, { filled: 1 });
    expect((await scene.take('filled')).failure).toBe(failure('dead-0001'));
  });
}

function exerciseLarge(begin: Begin): void {
  test('5,000 entries are changed once each, and a fetch is answered meanwhile', async () => {
    const scene = await begin();
    await scene.fill('scheduled', jids('even', 2500), HOUR, { jobtype: 'Even' });
    await scene.fill('scheduled', jids('odd', 2500), HOUR, { jobtype: 'Odd' });
    await scene.engine.push([entry('ready-001', { queue: 'ready' })]);
    const order: string[] = [];
    const all = scene.engine.mutate({ set: 'scheduled', change: 'requeue' }).then((count) => {
      order.push('mutate');
      return count;
    });
    const other = scene.take('ready').then(() => order.push('fetch'));
    expect(await all).toBe(5000);
    await other;
    expect(order).toEqual(['fetch', 'mutate']);
    const taken = await scene.drain('default');
    expect(taken.length).toBe(5000);
    expect(new Set(taken).size).toBe(5000);
    await expectSizes(scene.engine, { working: 5001 });
  });

  test('a filter matches 2,500 of 5,000 entries', async () => {
    const scene = await begin();
    await scene.fill('scheduled', jids('even', 2500), HOUR, { jobtype: 'Even' });
    await scene.fill('scheduled', jids('odd', 2500), HOUR, { jobtype: 'Odd' });
    const jobtype = 'Odd';
    expect(await scene.engine.mutate({ set: 'scheduled', change: 'discard', jobtype })).toBe(2500);
    await expectSizes(scene.engine, { scheduled: 2500 });
    expect(await scene.engine.mutate({ set: 'scheduled', change: 'discard', jobtype })).toBe(0);
  });
}
