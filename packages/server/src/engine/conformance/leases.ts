/**
 * Conformance: leased reservations, which last as long as their worker sends beats. What counts as
 * a sign of life, what ends with the worker, and what a restart does.
 */
import { describe, expect, test } from 'vitest';
import type { Reservation } from '../engine.ts';
import {
  entries,
  entry,
  expectSizes,
  failure,
  jids,
  type Open,
  type Scene,
  SECOND,
  scenes,
} from './scene.ts';

const SPAN = 15 * SECOND;

export function exerciseLeases(open: Open): void {
  describe('leases', () => {
    const begin = scenes(open);
    exerciseLife(begin);
    exerciseEnd(begin);
    exerciseRestart(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

async function leased(scene: Scene, wid = 'w1'): Promise<Reservation> {
  const taken = await scene.engine.fetch({ queues: ['default'], wid, lease: true });
  if (!taken) throw new Error('no job');
  return taken;
}

const overdue = async ({ engine }: Scene): Promise<string[]> =>
  (await engine.overdue(100)).map(({ jid }) => jid);

function exerciseLife(begin: Begin): void {
  test('a leased reservation ends one lease span after the last beat, whatever its `reserveFor`', async () => {
    const scene = await begin();
    await scene.engine.push(entries(['short-001', 'long-0001'], { reserveFor: 60 }));
    const held = await leased(scene);
    expect(held).toMatchObject({ leased: true, losses: 0, expiresAt: scene.now + SPAN });
    expect(await scene.engine.nextDue('working')).toBe(held.expiresAt);
    for (let beats = 0; beats < 100; beats++) {
      scene.now += 10 * SECOND;
      await scene.engine.beat('w1');
      expect(await overdue(scene)).toEqual([]);
    }
    expect(await scene.engine.nextDue('working')).toBe(scene.now + SPAN);
    scene.now += SPAN;
    expect(await scene.engine.overdue(10)).toMatchObject([
      { jid: 'short-001', leased: true, reservationId: held.reservationId, expiresAt: scene.now },
    ]);
  });

  test('a leased fetch is a sign of life, a beat of another worker is not', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 3)));
    await leased(scene);
    scene.now += 10 * SECOND;
    await leased(scene);
    scene.now += 10 * SECOND;
    expect(await overdue(scene)).toEqual([]);
    await scene.engine.beat('w2');
    scene.now += 5 * SECOND;
    expect(await overdue(scene)).toEqual(jids('job', 2));
  });

  test('beats do not change reservations without a lease', async () => {
    const scene = await begin();
    await scene.engine.push([entry('plain-001', { reserveFor: 60 })]);
    await scene.engine.push([entry('leased-01')]);
    const plain = await scene.take();
    expect(plain.leased).toBe(false);
    await leased(scene);
    for (let beats = 0; beats < 6; beats++) {
      scene.now += 10 * SECOND;
      await scene.engine.beat('w1');
    }
    expect(await overdue(scene)).toEqual(['plain-001']);
  });

  test('extend of a leased reservation returns true and changes nothing', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await leased(scene);
    expect(await scene.engine.extend(held, 3600 * SECOND)).toBe(true);
    scene.now += SPAN;
    expect(await overdue(scene)).toEqual(['job-00001']);
  });
}

function exerciseEnd(begin: Begin): void {
  test('overdue returns no more than its limit for a lost worker', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 5)));
    for (let count = 0; count < 5; count++) await leased(scene);
    scene.now += SPAN;
    expect(await scene.engine.overdue(2)).toHaveLength(2);
    expect(await overdue(scene)).toHaveLength(5);
  });

  test('leasedBy returns the leased hand-outs of one worker only, the last one first', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 5)));
    const first = await leased(scene);
    await leased(scene, 'w2');
    await scene.take(); // w1, without a lease
    const [second, ended] = [await leased(scene), await leased(scene)];
    await scene.engine.settle(ended, { to: 'done' });
    const names = [second, first].map(({ jid, reservationId }) => ({ jid, reservationId }));
    expect(await scene.engine.leasedBy('w1')).toEqual(names);
    await scene.restart();
    expect(await scene.engine.leasedBy('w1')).toEqual(names);
    expect(await scene.engine.leasedBy('w3')).toEqual([]);
  });

  test('a loss is counted with the job and is in its next reservation', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    for (const losses of [0, 1, 2]) {
      const held = await leased(scene);
      expect(held.losses).toBe(losses);
      const outcome = { to: 'retries', in: 0, failure: failure('lost'), lost: true } as const;
      expect(await scene.engine.settle(held, outcome)).toBe(true);
      expect(await scene.engine.handleDue('retries', 1)).toBe(1);
    }
    const held = await leased(scene);
    await scene.engine.settle(held, { to: 'retries', in: 0, failure: failure('other') });
    await scene.engine.handleDue('retries', 1);
    expect((await leased(scene)).losses).toBe(3);
  });

  test('`others` of a lost job stays the same while other jobs of its worker are settled', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 4)));
    const taken = [await leased(scene), await leased(scene), await leased(scene)];
    const alone = await leased(scene, 'w2');
    expect(alone.others).toBeUndefined();
    scene.now += SPAN;
    expect((await scene.engine.overdue(1)).map(({ others }) => others)).toEqual([2]);
    const seen: unknown[] = [];
    for (const held of [...taken, alone]) {
      await scene.engine.overdue(1);
      seen.push((await scene.engine.reservation(held))?.others);
      await scene.engine.settle(held, { to: 'retries', in: 0, failure: failure('lost'), lost: true });
    }
    expect(seen).toEqual([2, 2, 2, 0]);
  });

  test('after a new beat `others` is counted again', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    const [first] = [await leased(scene), await leased(scene)];
    scene.now += SPAN;
    await scene.engine.overdue(10);
    await scene.engine.beat('w1');
    await scene.engine.settle(first, { to: 'done' });
    scene.now += SPAN;
    expect((await scene.engine.overdue(10)).map(({ others }) => others)).toEqual([0]);
  });

  test('a worker without a job is never due', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await scene.engine.settle(await leased(scene), { to: 'done' });
    await scene.engine.settle(await leased(scene), { to: 'queue' });
    expect(await scene.engine.nextDue('working')).toBeUndefined();
    scene.now += SPAN;
    expect(await overdue(scene)).toEqual([]);
    expect(await leased(scene)).toMatchObject({ jid: 'job-000001', expiresAt: scene.now + SPAN });
  });

  test('a worker that sends a beat before its jobs are settled keeps them', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await leased(scene);
    scene.now += SPAN;
    const found = await scene.engine.overdue(10);
    await scene.engine.beat('w1');
    expect(found).toHaveLength(1);
    expect((await scene.engine.reservation(held))?.expiresAt).toBe(scene.now + SPAN);
    const lost = { to: 'retries', in: 0, failure: failure('lost'), lost: true } as const;
    expect(await scene.engine.settle(held, lost, { onlyIfOverdue: true })).toBe(false);
    expect(await scene.engine.settle(held, { to: 'done' })).toBe(true);
  });

  test('flush deletes leased reservations', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    await leased(scene);
    await scene.engine.flush();
    scene.now += SPAN;
    expect(await overdue(scene)).toEqual([]);
    await expectSizes(scene.engine, {});
  });
}

function exerciseRestart(begin: Begin): void {
  test('after a restart each worker has a whole lease span to send a beat', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await leased(scene, 'w1');
    const kept = await leased(scene, 'w2');
    scene.now += 3600 * SECOND;
    await scene.restart();
    expect(await overdue(scene)).toEqual([]);
    expect(await scene.engine.nextDue('working')).toBe(scene.now + SPAN);
    scene.now += 10 * SECOND;
    await scene.engine.beat('w2');
    scene.now += 5 * SECOND;
    expect(await overdue(scene)).toEqual(['job-000000']);
    expect(await scene.engine.settle(kept, { to: 'done' })).toBe(true);
  });

  test('the lease span is the configured one', async () => {
    const scene = await begin({ leaseSpan: 2 * SECOND });
    await scene.engine.push([entry('job-00001')]);
    expect((await leased(scene)).expiresAt).toBe(scene.now + 2 * SECOND);
  });
}
