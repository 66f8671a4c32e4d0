/**
 * Conformance: which job a fetch takes (queues in the asked order, then priority, then age), and
 * what its reservation says.
 */
import { describe, expect, test } from 'vitest';
import { entries, entry, expectQueues, expectSizes, HOUR, jids, type Open, SECOND, scenes } from './scene.ts';

type Begin = ReturnType<typeof scenes>;

export function exerciseFetch(open: Open): void {
  describe('fetch', () => {
    const begin = scenes(open);
    exerciseOrder(begin);
    exerciseTaking(begin);
    exerciseReservation(begin);
    exerciseMany(begin);
  });
}

function exerciseOrder(begin: Begin): void {
  test('a fetch takes the oldest job first', async () => {
    const scene = await begin();
    for (const jid of ['job-00003', 'job-00001', 'job-00002']) await scene.engine.push([entry(jid)]);
    expect(await scene.drain()).toEqual(['job-00003', 'job-00001', 'job-00002']);
  });

  test('a fetch takes the highest priority first, then the oldest', async () => {
    const scene = await begin();
    const given = [5, 1, 9, 5, 9, 3, 7, 2, 8, 4, 6, 1];
    for (const [index, priority] of given.entries())
      await scene.engine.push([entry(`p${priority}-${index}`, { priority })]);
    const ordered = given
      .map((priority, index) => ({ priority, index }))
      .sort((a, b) => b.priority - a.priority || a.index - b.index);
    expect(await scene.drain()).toEqual(ordered.map(({ priority, index }) => `p${priority}-${index}`));
  });

  test('the first asked queue that has a job is used, whatever the priorities in other queues', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('low-00001', { queue: 'a', priority: 1 }),
      entry('high-0001', { queue: 'b', priority: 9 }),
    ]);
    expect((await scene.take('empty', 'a', 'b')).jid).toBe('low-00001');
    expect((await scene.take('a', 'b')).jid).toBe('high-0001');
  });

  test('a queue that is named twice or does not exist changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    expect(await scene.drain('nowhere', 'default', 'default', 'nowhere')).toEqual(['job-00001']);
  });
}

function exerciseTaking(begin: Begin): void {
  test('a fetch never registers a queue', async () => {
    const scene = await begin();
    expect(await scene.engine.fetch({ queues: ['never-seen'], wid: 'w1' })).toBeUndefined();
    await expectQueues(scene.engine, {});
  });

  test('a fetch from no queues returns undefined', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    expect(await scene.engine.fetch({ queues: [], wid: 'w1' })).toBeUndefined();
  });

  test('a fetched job is in the working set, in no queue, and is not handed out again', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    expect(await scene.drain()).toEqual(['job-00001']);
    await expectSizes(scene.engine, { working: 1 });
    await expectQueues(scene.engine, { default: 0 });
  });
}

function exerciseReservation(begin: Begin): void {
  test('a reservation names its worker and ends after the `reserveFor` of its job', async () => {
    const scene = await begin();
    await scene.engine.push([
      entry('job-00001', { reserveFor: 60 }),
      entry('job-00002', { reserveFor: 86_400 }),
    ]);
    const first = await scene.engine.fetch({ queues: ['default'], wid: 'worker-1' });
    expect(first).toMatchObject({
      jid: 'job-00001',
      wid: 'worker-1',
      queue: 'default',
      expiresAt: scene.now + 60 * SECOND,
    });
    scene.now += HOUR;
    const second = await scene.engine.fetch({ queues: ['default'], wid: '' });
    expect(second).toMatchObject({
      jid: 'job-00002',
      wid: '',
      expiresAt: scene.now + 24 * HOUR,
      enqueuedAt: scene.now - HOUR,
    });
  });

  test('every hand-out has a unique reservation id, within a second of its time', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 100)));
    const holds: number[] = [];
    for (let left = 100; left > 0; left--) holds.push((await scene.take()).reservationId);
    expect(new Set(holds).size).toBe(100);
    for (const reservationId of holds) expect(Math.abs(reservationId - scene.now)).toBeLessThan(SECOND);
  });

  test('fetches called at the same time never share a job', async () => {
    const scene = await begin();
    const pushed = jids('job', 50);
    await scene.engine.push(entries(pushed));
    const asks = Array.from({ length: 80 }, (_, index) =>
      scene.engine.fetch({ queues: ['default'], wid: `w${index}` }),
    );
    const taken = await Promise.all(asks);
    expect(taken.slice(0, 50).map((held) => held?.jid)).toEqual(pushed);
    expect(taken.slice(50).every((held) => held === undefined)).toBe(true);
    await expectSizes(scene.engine, { working: 50 });
  });
}

function exerciseMany(begin: Begin): void {
  test('fetchMany takes the same jobs in the same order as single fetches', async () => {
    const scene = await begin();
    await scene.engine.push([entry('low-00001', { queue: 'b', priority: 1 })]);
    await scene.engine.push([entry('high-0001', { queue: 'b', priority: 9 })]);
    await scene.engine.push(entries(['a-0000001', 'a-0000002'], { queue: 'a' }));
    await scene.engine.push([entry('paused-01', { queue: 'p' })]);
    await scene.engine.changeQueues(['p'], 'pause');
    const ask = { queues: ['p', 'a', 'none', 'b'], wid: 'w1' };
    const { jobs: taken } = await scene.engine.fetchMany(ask, 3);
    expect(taken.map(({ jid }) => jid)).toEqual(['a-0000001', 'a-0000002', 'high-0001']);
    expect(new Set(taken.map(({ reservationId }) => reservationId)).size).toBe(3);
    expect((await scene.engine.fetchMany(ask, 3)).jobs.map(({ jid }) => jid)).toEqual(['low-00001']);
    expect((await scene.engine.fetchMany(ask, 3)).jobs).toEqual([]);
    await expectSizes(scene.engine, { working: 4 });
  });

  test('each reservation of fetchMany is as one fetch would have returned it', async () => {
    const scene = await begin();
    await scene.engine.push([entry('short-001', { reserveFor: 60, failure: '{"message":"before"}' })]);
    await scene.engine.push([entry('long-0001', { reserveFor: 600 })]);
    const { jobs } = await scene.engine.fetchMany({ queues: ['default'], wid: 'w7' }, 2);
    const [short, long] = jobs;
    expect(short).toMatchObject({ wid: 'w7', queue: 'default', failure: '{"message":"before"}' });
    expect([short?.expiresAt, long?.expiresAt]).toEqual([scene.now + 60 * SECOND, scene.now + 600 * SECOND]);
    expect(await scene.engine.settle(long ?? { jid: '' }, { to: 'done' })).toBe(true);
  });
}
