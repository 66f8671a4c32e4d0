/**
 * Conformance: how a reservation ends. Each outcome moves the job once and counts once. A caller
 * that does not hold the reservation changes nothing.
 */
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../engine.ts';
import {
  entries,
  entry,
  expectQueues,
  expectSizes,
  failure,
  HOUR,
  type Open,
  type Scene,
  SECOND,
  scenes,
} from './scene.ts';

type Begin = ReturnType<typeof scenes>;

export function exerciseSettle(open: Open): void {
  describe('settle', () => {
    const begin = scenes(open);
    exerciseOutcomes(begin);
    exercisePutBack(begin);
    exerciseRead(begin);
    exerciseNotHeld(begin);
    exerciseOneJid(begin);
    exerciseMany(begin);
  });
}

function exerciseOutcomes(begin: Begin): void {
  test('done deletes the job and counts one processed', async () => {
    const scene = await begin();
    await end(scene, { to: 'done' });
    await expectSizes(scene.engine, { processed: 1 });
    expect(await scene.drain()).toEqual([]);
  });

  test('retries keeps the job with its failure until it is due, and counts one processed and one failure', async () => {
    const scene = await begin();
    const reported = failure('boom');
    await end(scene, { to: 'retries', in: 20 * SECOND, failure: reported });
    await expectSizes(scene.engine, { retries: 1, processed: 1, failures: 1 });
    expect(await scene.engine.nextDue('retries')).toBe(scene.now + 20 * SECOND);
    scene.now += 20 * SECOND;
    await scene.engine.handleDue('retries', 10);
    expect(await scene.take()).toMatchObject({ jid: 'job-00001', failure: reported, enqueuedAt: scene.now });
  });

  test('dead keeps the job until it expires, and counts one processed and one failure', async () => {
    const scene = await begin();
    await end(scene, { to: 'dead', in: HOUR, failure: failure('boom') });
    await expectSizes(scene.engine, { dead: 1, processed: 1, failures: 1 });
    expect(await scene.engine.nextDue('dead')).toBe(scene.now + HOUR);
  });

  test('discarded deletes the job and counts one processed and one failure', async () => {
    const scene = await begin();
    await end(scene, { to: 'discarded' });
    await expectSizes(scene.engine, { processed: 1, failures: 1 });
  });

  test('queue counts nothing, keeps the job’s failure, and the job can be fetched again', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { failure: failure('before') })]);
    const held = await scene.take();
    expect(await scene.engine.settle(held, { to: 'queue' })).toBe(true);
    await expectSizes(scene.engine, {});
    const again = await scene.take();
    expect(again).toMatchObject({ jid: 'job-00001', failure: failure('before'), document: held.document });
    expect(again.reservationId).not.toBe(held.reservationId);
  });
}

async function end(scene: Scene, outcome: Outcome): Promise<void> {
  await scene.engine.push([entry('job-00001')]);
  const held = await scene.take();
  expect(await scene.engine.settle({ jid: held.jid }, outcome)).toBe(true);
}

function exercisePutBack(begin: Begin): void {
  test('a job that is put back is at the head of its priority', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['job-00001', 'job-00002', 'job-00003']));
    const held = await scene.take();
    await scene.engine.push([entry('high-0001', { priority: 9 }), entry('low-00001', { priority: 1 })]);
    await scene.engine.settle(held, { to: 'queue' });
    expect(await scene.drain()).toEqual(['high-0001', 'job-00001', 'job-00002', 'job-00003', 'low-00001']);
  });

  test('jobs that are put back, the last hand-out first, are in their old order', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['job-00001', 'job-00002', 'job-00003', 'job-00004']));
    const taken = [await scene.take(), await scene.take(), await scene.take()];
    for (const held of taken.reverse()) await scene.engine.settle(held, { to: 'queue' });
    expect(await scene.drain()).toEqual(['job-00001', 'job-00002', 'job-00003', 'job-00004']);
  });

  test('a job that is put back into an empty queue is before jobs pushed later', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await scene.take();
    scene.now += SECOND;
    await scene.engine.settle(held, { to: 'queue' });
    await scene.engine.push([entry('job-00002')]);
    expect(await scene.drain()).toEqual(['job-00001', 'job-00002']);
  });
}

function exerciseRead(begin: Begin): void {
  test('a reservation is read as fetch returned it, and reading changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { queue: 'q', failure: failure('before') })]);
    const held = await scene.take('q');
    expect(await scene.engine.reservation({ jid: 'job-00001' })).toEqual(held);
    expect(await scene.engine.reservation(held)).toEqual(held);
    await expectSizes(scene.engine, { working: 1 });
    expect(held.takenAt).toBe(scene.now);
  });

  test('reservation returns undefined if the job is not held, or held under another id', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001'), entry('ready-001')]);
    const { reservationId } = await scene.take();
    expect(await scene.engine.reservation({ jid: 'nobody-01' })).toBeUndefined();
    expect(await scene.engine.reservation({ jid: 'ready-001' })).toBeUndefined();
    expect(
      await scene.engine.reservation({ jid: 'job-00001', reservationId: reservationId + 1 }),
    ).toBeUndefined();
  });

  test('onlyIfOverdue settles only a reservation that is over at the commit', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    const held = await scene.take();
    const outcome = { to: 'retries', in: HOUR, failure: failure('expired') } as const;
    scene.now = held.expiresAt - 1;
    expect(await scene.engine.settle(held, outcome, { onlyIfOverdue: true })).toBe(false);
    await scene.engine.extend(held, 60 * SECOND);
    scene.now = held.expiresAt;
    expect(await scene.engine.settle(held, outcome, { onlyIfOverdue: true })).toBe(false);
    await expectSizes(scene.engine, { working: 1 });
    scene.now += 60 * SECOND;
    expect(await scene.engine.settle(held, outcome, { onlyIfOverdue: true })).toBe(true);
    expect(await scene.engine.nextDue('retries')).toBe(scene.now + HOUR);
  });
}

function exerciseNotHeld(begin: Begin): void {
  test('settling an unknown, ready, scheduled or settled job returns false and changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('ready-001', { queue: 'other' }),
      entry('later-001', { at: scene.now + HOUR }),
    ]);
    await end(scene, { to: 'done' });
    const outcomes: Outcome[] = [{ to: 'done' }, { to: 'discarded' }, { to: 'queue' }];
    for (const outcome of [...outcomes, { to: 'dead' as const, in: 0, failure: failure('x') }]) {
      for (const jid of ['unknown-1', 'ready-001', 'later-001', 'job-00001']) {
        expect(await scene.engine.settle({ jid }, outcome)).toBe(false);
      }
    }
    await expectSizes(scene.engine, { scheduled: 1, processed: 1 });
    await expectQueues(scene.engine, { default: 0, other: 1 });
  });

  test('the id of another hand-out settles nothing', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const old = await scene.take();
    await scene.engine.settle(old, { to: 'queue' });
    const held = await scene.take();
    expect(
      await scene.engine.settle({ jid: 'job-00001', reservationId: old.reservationId }, { to: 'done' }),
    ).toBe(false);
    await expectSizes(scene.engine, { working: 1 });
    expect(
      await scene.engine.settle({ jid: 'job-00001', reservationId: held.reservationId }, { to: 'done' }),
    ).toBe(true);
    await expectSizes(scene.engine, { processed: 1 });
  });
}

function exerciseMany(begin: Begin): void {
  test('settleMany applies each outcome and returns for each whether it was applied', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['done-0001', 'retry-001', 'back-0001', 'left-0001']));
    const { jobs } = await scene.engine.fetchMany({ queues: ['default'], wid: 'w1' }, 4);
    const [done, retry, back, left] = jobs;
    if (!done || !retry || !back || !left) throw new Error('four were pushed');
    const later = { to: 'retries', in: HOUR, failure: failure('no') } as const;
    const held = await scene.engine.settleMany([
      { held: done, outcome: { to: 'done' } },
      { held: done, outcome: { to: 'done' } },
      { held: retry, outcome: later },
      { held: { jid: 'unknown-1' }, outcome: { to: 'done' } },
      { held: back, outcome: { to: 'queue' } },
      { held: left, outcome: later, onlyIfOverdue: true },
    ]);
    expect(held).toEqual([true, false, true, false, true, false]);
    await expectSizes(scene.engine, { working: 1, retries: 1, processed: 2, failures: 1 });
    expect(await scene.drain()).toEqual(['back-0001']);
  });
}

function exerciseOneJid(begin: Begin): void {
  test('two held jobs with one jid are settled one by one, the oldest hand-out first', async () => {
    const scene = await begin();
    await scene.engine.push([entry('same-jid1', { args: [1] }), entry('same-jid1', { args: [2] })]);
    const first = await scene.take();
    const second = await scene.take();
    const order: number[] = [];
    for (let left = 2; left > 0; left--) {
      order.push((await scene.engine.reservation({ jid: 'same-jid1' }))?.reservationId ?? 0);
      expect(await scene.engine.settle({ jid: 'same-jid1' }, { to: 'done' })).toBe(true);
    }
    expect(await scene.engine.settle({ jid: 'same-jid1' }, { to: 'done' })).toBe(false);
    expect(order).toEqual([first.reservationId, second.reservationId]);
    await expectSizes(scene.engine, { processed: 2 });
  });

  test('of held jobs with one jid, a caller of some queues settles its own, the oldest first, and is refused when none is left', async () => {
    const scene = await begin();
    await scene.engine.push(['q1', 'q2', 'q2'].map((queue) => entry('same-jid1', { queue })));
    const other = await scene.take('q1');
    const own = [await scene.take('q2'), await scene.take('q2')];
    const which = { jid: 'same-jid1', queues: new Set(['q2']) };
    for (const { reservationId } of own) {
      expect(await scene.engine.reservation(which)).toMatchObject({ queue: 'q2', reservationId });
      expect(await scene.engine.settle(which, { to: 'done' })).toBe(true);
      expect(await scene.engine.reservation({ jid: 'same-jid1', reservationId })).toBeUndefined();
    }
    await expect(scene.engine.settle(which, { to: 'done' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const named = { ...which, reservationId: other.reservationId };
    await expect(scene.engine.settle(named, { to: 'done' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await scene.engine.reservation({ jid: 'same-jid1' })).toMatchObject({ queue: 'q1' });
    await expectSizes(scene.engine, { working: 1, processed: 2 });
  });

  test('of two held jobs with one jid, settle ends the one with the given reservation id', async () => {
    const scene = await begin();
    await scene.engine.push([entry('same-jid1', { args: [1] }), entry('same-jid1', { args: [2] })]);
    const first = await scene.take();
    const second = await scene.take();
    expect(await scene.engine.settle(second, { to: 'done' })).toBe(true);
    expect(await scene.engine.settle(second, { to: 'done' })).toBe(false);
    expect(await scene.engine.settle(first, { to: 'queue' })).toBe(true);
    expect((await scene.take()).document).toBe(first.document);
  });
}
