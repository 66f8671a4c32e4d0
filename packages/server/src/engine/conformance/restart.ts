/**
 * Conformance: a restart changes nothing. The store is closed and opened again, as by a new
 * process.
 */
import { describe, expect, test } from 'vitest';
import {
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

export function exerciseRestart(open: Open): void {
  describe('restart', () => {
    const begin = scenes(open);
    exerciseKept(begin);
    exerciseSetsKept(begin);
    exerciseCountsKept(begin);
    exerciseReservations(begin);
    exerciseAfter(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

function exerciseKept(begin: Begin): void {
  test('ready jobs keep their order, priorities, times and failures', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('job-00001', { failure: failure('sent') }),
      entry('low-00001', { priority: 1 }),
    ]);
    await scene.engine.push([entry('high-0001', { priority: 9 }), entry('job-00002')]);
    const pushedAt = scene.now;
    scene.now += HOUR;
    await scene.restart();
    await scene.engine.push([entry('job-00003')]);
    const taken = [
      await scene.take(),
      await scene.take(),
      await scene.take(),
      await scene.take(),
      await scene.take(),
    ];
    expect(taken.map(({ jid }) => jid)).toEqual([
      'high-0001',
      'job-00001',
      'job-00002',
      'job-00003',
      'low-00001',
    ]);
    expect(taken[1]).toMatchObject({ failure: failure('sent'), enqueuedAt: pushedAt });
  });

  test('a job that was put back is still at the head', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['job-00001', 'job-00002']));
    await scene.engine.settle(await scene.take(), { to: 'queue' });
    await scene.restart();
    await scene.engine.push([entry('job-00003')]);
    expect(await scene.drain()).toEqual(['job-00001', 'job-00002', 'job-00003']);
  });
}

function exerciseSetsKept(begin: Begin): void {
  test('sets keep their entries, times and failures', async () => {
    const scene = await begin();
    await scene.fill('scheduled', jids('later', 3), HOUR);
    await scene.fill('retries', jids('retry', 2), 2 * HOUR);
    await scene.fill('dead', ['dead-0001'], 3 * HOUR);
    await scene.restart();
    await expectSizes(scene.engine, { scheduled: 3, retries: 2, dead: 1, processed: 3, failures: 3 });
    expect(await scene.engine.nextDue('scheduled')).toBe(scene.now + HOUR);
    expect(await scene.engine.nextDue('dead')).toBe(scene.now + 3 * HOUR);
    scene.now += 2 * HOUR;
    expect(await scene.engine.handleDue('retries', 10)).toBe(2);
    expect((await scene.take('filled')).failure).toBe(failure('retry-000000'));
  });

  test('a pause, an empty queue and a removed queue stay as they were', async () => {
    const scene = await begin();
    for (const queue of ['empty', 'paused', 'removed'])
      await scene.engine.push([entry(`job-in-${queue}`, { queue })]);
    await scene.engine.settle(await scene.take('empty'), { to: 'done' });
    await scene.engine.changeQueues(['paused'], 'pause');
    await scene.engine.changeQueues(['removed'], 'remove');
    await scene.restart();
    expect(await scene.engine.queues()).toEqual([
      { name: 'empty', size: 0, paused: false },
      { name: 'paused', size: 1, paused: true },
    ]);
    expect(await scene.drain('empty', 'paused', 'removed')).toEqual([]);
    await scene.engine.changeQueues('*', 'resume');
    expect(await scene.drain('paused')).toEqual(['job-in-paused']);
  });
}

function exerciseCountsKept(begin: Begin): void {
  test('counters and history continue', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 3)));
    await scene.engine.settle(await scene.take(), { to: 'done' });
    await scene.engine.settle(await scene.take(), { to: 'discarded' });
    await scene.restart();
    await scene.engine.settle(await scene.take(), { to: 'done' });
    await expectSizes(scene.engine, { processed: 3, failures: 1 });
    expect(await scene.history.days(1)).toEqual([{ day: '2026-06-10', processed: 3, failures: 1 }]);
  });

  test('a flush lasts', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 3)));
    await scene.fill('dead', ['dead-0001']);
    await scene.engine.flush();
    await scene.restart();
    await expectSizes(scene.engine, {});
    await expectQueues(scene.engine, {});
  });
}

function exerciseReservations(begin: Begin): void {
  test('a reservation can be settled by jid and by id', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['job-00001', 'job-00002']));
    const first = await scene.take();
    await scene.take();
    await scene.restart();
    await expectSizes(scene.engine, { working: 2 });
    expect(
      await scene.engine.settle({ jid: first.jid, reservationId: first.reservationId }, { to: 'done' }),
    ).toBe(true);
    expect(await scene.engine.settle({ jid: 'job-00002' }, { to: 'queue' })).toBe(true);
    expect(await scene.drain()).toEqual(['job-00002']);
  });

  test('a reservation expires at its time and has all its fields', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    const held = await scene.engine.fetch({ queues: ['default'], wid: 'worker-1' });
    await scene.restart();
    expect(await scene.engine.nextDue('working')).toBe(held?.expiresAt);
    expect(await scene.engine.overdue(10)).toEqual([]);
    scene.now += 61 * SECOND;
    const takenAt = expect.closeTo(scene.now - 61 * SECOND, -3); // a difference of 500 µs is allowed
    expect(await scene.engine.overdue(10)).toEqual([{ ...held, takenAt }]);
  });

  test('an extension lasts and cannot be shortened', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    const held = await scene.take();
    await scene.engine.extend(held, HOUR + 60 * SECOND);
    await scene.restart();
    expect(await scene.engine.extend({ jid: 'job-00001' }, HOUR)).toBe(true);
    scene.now = held.expiresAt + SECOND;
    expect(await scene.engine.overdue(10)).toEqual([]);
    scene.now = held.expiresAt + HOUR;
    expect(await scene.engine.overdue(10)).toHaveLength(1);
  });
}

function exerciseAfter(begin: Begin): void {
  test('hand-outs after a restart have new reservation ids', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('same', 4).fill('same-jid1')));
    const before = [await scene.take(), await scene.take()];
    await scene.restart();
    const after = [await scene.take(), await scene.take()];
    expect(new Set([...before, ...after].map(({ reservationId }) => reservationId)).size).toBe(4);
  });

  test('close may be called twice, and a closed engine refuses operations', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const { engine } = scene;
    await engine.close();
    await engine.close();
    await expect((async () => engine.push([entry('job-00002')]))()).rejects.toMatchObject({
      name: 'FaktoryError',
    });
    await scene.restart();
    expect(await scene.drain()).toEqual(['job-00001']);
  });
}
