/**
 * Conformance: the figures of queues, and how many jobs are ahead of a ready one.
 */
import { describe, expect, test } from 'vitest';
import type { Place, QueueFigures } from '../engine.ts';
import { entries, entry, jids, type Open, type Scene, SECOND, scenes } from './scene.ts';

export function exerciseFigures(open: Open): void {
  describe('figures', () => {
    const begin = scenes(open);
    exerciseQueueFigures(begin);
    exerciseManyQueues(begin);
    exerciseAhead(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

/** Numbers of jobs by priority, 1 to 9: the given ones, and 0 for all others. */
function levels(some: Record<number, number>): number[] {
  return Array.from({ length: 9 }, (_, index) => some[index + 1] ?? 0);
}

async function figuresOf({ finder }: Scene, name: string): Promise<QueueFigures | undefined> {
  return (await finder.queueFigures()).find((queue) => queue.name === name);
}

function exerciseQueueFigures(begin: Begin): void {
  test('queueFigures has the jobs by priority and the oldest time of each queue, empty ones too', async () => {
    const scene = await begin();
    await scene.engine.push([entry('gone', { queue: 'empty' })]);
    await scene.take('empty');
    await scene.engine.push([entry('first-low', { priority: 1 })]);
    const since = scene.now;
    scene.now += SECOND;
    await scene.engine.push([...entries(jids('job', 3)), entry('urgent', { priority: 9 })]);
    await scene.engine.push([entry('other', { queue: 'mail', priority: 7 })]);
    await scene.engine.changeQueues(['mail'], 'pause');
    expect(await scene.finder.queueFigures()).toEqual([
      { name: 'default', size: 5, paused: false, priorities: levels({ 1: 1, 5: 3, 9: 1 }), oldest: since },
      { name: 'empty', size: 0, paused: false, priorities: levels({}), oldest: undefined },
      { name: 'mail', size: 1, paused: true, priorities: levels({ 7: 1 }), oldest: scene.now },
    ]);
    await scene.take();
    expect((await figuresOf(scene, 'default'))?.priorities).toEqual(levels({ 1: 1, 5: 3 }));
    expect(await scene.finder.queueFigures(undefined)).toHaveLength(3);
    const gone = scene.finder.queueFigures(AbortSignal.abort());
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
  });
}

function exerciseManyQueues(begin: Begin): void {
  test('with 1,200 queues the sizes are current, and a new queue is listed at once', async () => {
    const scene = await begin();
    const names = jids('queue', 1200);
    await scene.engine.push(names.map((queue) => entry(`in-${queue}`, { queue, priority: 3 })));
    const all = await scene.finder.queueFigures();
    expect(all.map(({ name }) => name)).toEqual(names);
    expect(all.every(({ size, oldest }) => size === 1 && oldest === scene.now)).toBe(true);
    await scene.engine.push([
      entry('new', { queue: 'a-new', priority: 9 }),
      entry('more', { queue: 'queue-000000' }),
    ]);
    const [fresh, first] = await scene.finder.queueFigures();
    expect(fresh).toMatchObject({ name: 'a-new', priorities: levels({ 9: 1 }), oldest: scene.now });
    expect(first).toMatchObject({ name: 'queue-000000', size: 2 });
    expect(first?.priorities.reduce((sum, count) => sum + count)).toBe(2);
  });
}

function exerciseAhead(begin: Begin): void {
  test('ahead is the number of jobs handed out before a ready job, and undefined for other jobs', async () => {
    const scene = await begin();
    await scene.engine.push([entry('low', { priority: 1 }), ...entries(jids('job', 3))]);
    await scene.engine.push([
      entry('urgent', { priority: 9 }),
      entry('elsewhere', { queue: 'mail', priority: 9 }),
    ]);
    await scene.fill('scheduled', ['later']);
    const places: Place[] = ['ready', 'scheduled'];
    const jobs = await scene.found({ places });
    const counts = new Map<string, number | undefined>();
    for (const { jid, entry: name } of jobs) counts.set(jid, await scene.finder.ahead(name));
    const order = ['urgent', ...jids('job', 3), 'low'];
    expect(order.map((jid) => counts.get(jid))).toEqual([0, 1, 2, 3, 4]);
    expect([counts.get('elsewhere'), counts.get('later')]).toEqual([0, undefined]);
    const ready = await scene.found({ places: ['ready'], queues: ['default'] });
    expect(ready.map(({ jid }) => jid)).toEqual(order);
    await scene.take();
    expect(await scene.finder.ahead(ready[0]?.entry ?? '')).toBeUndefined();
    expect(await scene.finder.ahead(ready[1]?.entry ?? '')).toBe(0);
    expect(await scene.finder.ahead('nonsense')).toBeUndefined();
  });
}
