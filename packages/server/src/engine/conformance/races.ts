/**
 * Conformance: many operations at once. They take effect in the order of the calls, a reservation
 * has exactly one end, and no accepted job is lost or in two places.
 */
import { describe, expect, test } from 'vitest';
import { exerciseRandom } from './random.ts';
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

export function exerciseRaces(open: Open): void {
  describe('races', () => {
    const begin = scenes(open);
    exerciseOrder(begin);
    exerciseSettling(begin);
    exerciseOneWinner(begin);
    exerciseManyEnds(begin);
    exerciseRandom(open);
  });
}

type Begin = ReturnType<typeof scenes>;

function exerciseOrder(begin: Begin): void {
  test('operations called at once take effect in the order of their calls', async () => {
    const scene = await begin();
    const { engine } = scene;
    const ask = { queues: ['default'], wid: 'w1' };
    const results = await Promise.all([
      engine.fetch(ask),
      engine.push([entry('job-00001')]),
      engine.fetch(ask),
      engine.settle({ jid: 'job-00001' }, { to: 'queue' }),
      engine.fetch(ask),
      engine.settle({ jid: 'job-00001' }, { to: 'done' }),
      engine.settle({ jid: 'job-00001' }, { to: 'done' }),
      engine.push([entry('job-00002')]),
      engine.changeQueues(['default'], 'pause'),
      engine.fetch(ask),
      engine.changeQueues(['default'], 'resume'),
      engine.fetch(ask),
      engine.sizes(),
    ]);
    const jidsOrNone = [0, 2, 4, 9, 11].map((index) => (results[index] as { jid: string } | undefined)?.jid);
    expect(jidsOrNone).toEqual([undefined, 'job-00001', 'job-00001', undefined, 'job-00002']);
    expect([results[3], results[5], results[6]]).toEqual([true, true, false]);
    expect(results[12]).toMatchObject({ working: 1, processed: 1, failures: 0 });
  });

  test('pushes called at once keep the order of their calls', async () => {
    const scene = await begin();
    const all = jids('job', 300);
    await Promise.all(all.map((jid) => scene.engine.push([entry(jid)])));
    expect(await scene.drain()).toEqual(all);
  });
}

function exerciseSettling(begin: Begin): void {
  test('promises settle in the order of their calls', async () => {
    const scene = await begin();
    const settled: number[] = [];
    const calls = Array.from({ length: 20 }, (_, index) => {
      const call =
        index % 2 === 0
          ? scene.engine.push([entry(`job-${index}-00`)])
          : scene.engine.fetch({ queues: ['default'], wid: '' });
      return (call as Promise<unknown>).then(() => settled.push(index));
    });
    await Promise.all(calls);
    expect(settled).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test('close finishes the operations called before it', async () => {
    const scene = await begin();
    const pushed = jids('job', 50).map((jid) => scene.engine.push([entry(jid)]));
    const closed = scene.engine.close();
    await Promise.all([...pushed, closed]);
    await scene.engine.close();
    await scene.restart();
    expect(await scene.drain()).toEqual(jids('job', 50));
  });
}

const expired = (delay: number) =>
  ({ to: 'retries', in: delay, failure: failure('Faktory job reservation expired') }) as const;

function exerciseOneWinner(begin: Begin): void {
  test('an ACK called before the expiry wins', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    await scene.take();
    scene.now += HOUR;
    const [overdue] = await scene.engine.overdue(1);
    if (!overdue) throw new Error('nothing is overdue');
    const [ack, expiry] = await Promise.all([
      scene.engine.settle({ jid: 'job-00001' }, { to: 'done' }),
      scene.engine.settle({ jid: overdue.jid, reservationId: overdue.reservationId }, expired(HOUR)),
    ]);
    expect([ack, expiry]).toEqual([true, false]);
    await expectSizes(scene.engine, { processed: 1 });
  });

  test('an expiry called before the ACK wins', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    const held = await scene.take();
    scene.now += HOUR;
    const [expiry, ack] = await Promise.all([
      scene.engine.settle({ jid: held.jid, reservationId: held.reservationId }, expired(HOUR)),
      scene.engine.settle({ jid: 'job-00001' }, { to: 'done' }),
    ]);
    expect([expiry, ack]).toEqual([true, false]);
    await expectSizes(scene.engine, { retries: 1, processed: 1, failures: 1 });
  });
}

function exerciseManyEnds(begin: Begin): void {
  test('the expiry of an old hand-out does not end a new one of the same job', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001', { reserveFor: 60 })]);
    await scene.take();
    scene.now += HOUR;
    const [overdue] = await scene.engine.overdue(1);
    if (!overdue) throw new Error('nothing is overdue');
    await scene.engine.settle({ jid: 'job-00001' }, { to: 'queue' });
    await scene.take();
    const settled = await scene.engine.settle(
      { jid: overdue.jid, reservationId: overdue.reservationId },
      expired(HOUR),
    );
    expect(settled).toBe(false);
    await expectSizes(scene.engine, { working: 1 });
  });

  test('of 100 ends of one reservation exactly one returns true', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await scene.take();
    const ends = Array.from({ length: 100 }, (_, index) =>
      scene.engine.settle(
        index % 2 === 0 ? held : { jid: held.jid },
        index % 3 === 0 ? { to: 'discarded' } : { to: 'done' },
      ),
    );
    expect((await Promise.all(ends)).filter(Boolean)).toHaveLength(1);
    expect((await scene.engine.sizes()).processed).toBe(1);
  });

  test('promotions called at once move each entry once', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 150), { at: scene.now + SECOND }));
    scene.now += SECOND;
    const moved = await Promise.all([1, 2, 3, 4].map(() => scene.engine.handleDue('scheduled', 60)));
    expect(moved.reduce((sum, count) => sum + count, 0)).toBe(150);
    await expectQueues(scene.engine, { default: 150 });
    expect(new Set(await scene.drain()).size).toBe(150);
  });
}
