/**
 * Conformance: steps of the wall clock. Leases, reservations and expiry times keep their duration;
 * due times of jobs follow the wall clock.
 */
import { describe, expect, test } from 'vitest';
import type { Counted, Producer } from '../engine.ts';
import { DAY, entries, entry, HOUR, jids, type Open, type Scene, SECOND, scenes } from './scene.ts';

type Begin = ReturnType<typeof scenes>;

/** A slow clock that NTP corrects, a machine that wakes up, a fast clock that NTP corrects. */
const STEPS = [
  ['90 s forward', 90 * SECOND],
  ['40 days forward', 40 * DAY],
  ['an hour back', -HOUR],
] as const;

export function exerciseClock(open: Open): void {
  describe('a step of the wall clock', () => {
    const begin = scenes(open);
    for (const [name, by] of STEPS) describe(name, () => exerciseStep(begin, by));
    exerciseTimes(begin);
  });
}

const overdue = async ({ engine }: Scene): Promise<string[]> =>
  (await engine.overdue(100)).map(({ jid }) => jid);

function exerciseStep(begin: Begin, by: number): void {
  test('ends no lease earlier or later', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await scene.engine.fetch({ queues: ['default'], wid: 'w1', lease: true });
    scene.now += 10 * SECOND;
    await scene.set(by);
    expect(await overdue(scene)).toEqual([]);
    expect(await scene.engine.nextDue('working')).toBe((held?.expiresAt ?? 0) + by);
    scene.now += 5 * SECOND - 1;
    expect(await overdue(scene)).toEqual([]);
    scene.now += 1;
    expect(await overdue(scene)).toEqual(['job-00001']);
  });

  test('ends no reservation earlier or later, made before or after the step', async () => {
    const scene = await begin();
    const names = jids('job', 3);
    await scene.engine.push(entries(names, { reserveFor: 60 }));
    await scene.take();
    await scene.engine.extend(await scene.take(), 100 * SECOND);
    const moving = scene.set(by);
    await scene.take(); // after the step, before the commit that moves the ends
    await moving;
    scene.now += 60 * SECOND - 1;
    expect(await overdue(scene)).toEqual([]);
    scene.now += 1;
    expect((await overdue(scene)).sort()).toEqual([names[0], names[2]]);
    scene.now += 40 * SECOND;
    expect((await overdue(scene)).sort()).toEqual(names);
    await scene.restart();
    expect((await overdue(scene)).sort()).toEqual(names);
  });

  test('moves the ends of 2,500 reservations', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2500), { reserveFor: 60 }));
    await scene.engine.fetchMany({ queues: ['default'], wid: 'w1' }, 2500);
    await scene.set(by);
    scene.now += 59 * SECOND;
    expect(await scene.engine.overdue(1)).toEqual([]);
    scene.now += SECOND;
    expect(await scene.engine.overdue(3000)).toHaveLength(2500);
  });

  test('deletes no producer earlier', async () => {
    const scene = await begin();
    const shop = { name: 'shop', keep: HOUR };
    const push = (producer: Producer, line: number): Promise<unknown> =>
      scene.engine.push([entry(`${producer.name}-${line}-0001`)], counted(producer, line));
    await push(shop, 1);
    await scene.set(by);
    await push({ ...shop, name: 'other' }, 1);
    expect((await scene.engine.pushed(shop, 0)).pushed).toBe(1);
    scene.now += 2 * HOUR;
    await push({ ...shop, name: 'third' }, 1);
    expect((await scene.engine.pushed(shop, 0)).pushed).toBe(0);
  });

  test('does not change for how long a change can be undone', async () => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    const names = (await scene.found()).map(({ entry: name }) => name);
    const discard = async (name: string | undefined, undo: string): Promise<void> => {
      await scene.finder.change(
        [name ?? ''],
        { do: 'discard' },
        { name: undo, action: 'discard', who: 'ann' },
      );
    };
    await discard(names[0], 'first');
    await scene.set(by);
    await discard(names[1], 'second');
    scene.now += 600 * SECOND - 1;
    for (const name of ['first', 'second'])
      expect(await scene.finder.undo(name, 10)).toMatchObject({ undone: 1 });
  });

  test('makes no measured run longer or shorter', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const held = await scene.take();
    scene.now += 2 * SECOND;
    await scene.set(by);
    await scene.engine.settle(held, { to: 'done' });
    expect(scene.engine.figures.meter.kinds()[0]?.run.sum).toBe(2);
  });
}

const counted = (producer: Producer, line: number): Counted => ({
  producer,
  line,
  note: { of: 'line', refused: [] },
});

function exerciseTimes(begin: Begin): void {
  test('scheduled jobs and retries are due by the new time', async () => {
    const scene = await begin();
    await scene.fill('scheduled', ['later-001'], HOUR);
    await scene.fill('retries', ['retry-001'], HOUR);
    await scene.set(HOUR);
    for (const set of ['scheduled', 'retries'] as const)
      expect(await scene.engine.handleDue(set, 10)).toBe(1);
  });
}
