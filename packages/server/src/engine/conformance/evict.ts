/**
 * Conformance: eviction from a full dead set, and searches in jids and arguments.
 */
import { describe, expect, test } from 'vitest';
import type { FindAsk, Found } from '../engine.ts';
import { entry, expectQueues, expectSizes, HOUR, jids, type Open, type Scene, scenes } from './scene.ts';

export function exerciseEvict(open: Open): void {
  describe('a full dead set', () => exerciseEviction(scenes(open)));
  describe('search', () => exerciseSearch(scenes(open)));
}

type Begin = ReturnType<typeof scenes>;

const all = (scene: Scene, ask?: Partial<FindAsk>): Promise<Found[]> => scene.found(ask);

const named = (found: readonly Found[]): string[] => found.map(({ jid }) => jid);

function exerciseEviction(begin: Begin): void {
  test('a kill with `spareDead` that would evict dead jobs is refused as a whole', async () => {
    const scene = await begin({ deadLimit: 3 });
    await scene.fill('dead', ['old-1', 'old-2'], HOUR);
    await scene.engine.push(jids('job', 3).map((jid) => entry(jid)));
    const names = (await all(scene, { places: ['ready'] })).map(({ entry }) => entry);
    const kill = { do: 'kill', deadFor: 2 * HOUR, spareDead: true } as const;
    await expect(scene.finder.change(names, kill, { name: 'kill', action: 'kill' })).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/has 2 of at most 3 .* kill of 3 more would delete its 2 oldest/),
    });
    await expectQueues(scene.engine, { default: 3, filled: 0 });
    await expectSizes(scene.engine, { dead: 2, processed: 2, failures: 2 });
    expect(await scene.finder.undoable()).toEqual([]);
    // One job fits, even if it is named twice; a job that is dead already needs no space.
    const one = [names[0] ?? '', names[0] ?? ''];
    expect(await scene.finder.change(one, kill)).toEqual([true, false]);
    const dead = (await all(scene, { places: ['dead'] })).map(({ entry }) => entry);
    expect(await scene.finder.change(dead, kill)).toEqual([false, false, false]);
    expect(scene.engine.figures.meter.evicted).toBe(0);
  });

  test('evicted jobs are counted for a kill, for MUTATE and for a failure', async () => {
    const scene = await begin({ deadLimit: 3 });
    await scene.engine.push(jids('job', 5).map((jid) => entry(jid)));
    const names = (await all(scene)).map(({ entry }) => entry);
    await scene.finder.change(names, { do: 'kill', deadFor: HOUR });
    expect(scene.engine.figures.meter.evicted).toBe(2);
    await scene.fill('scheduled', ['later'], HOUR);
    await scene.engine.mutate({ set: 'scheduled', change: 'kill', deadFor: HOUR });
    expect(scene.engine.figures.meter.evicted).toBe(3);
    await scene.fill('dead', ['failed'], 2 * HOUR);
    expect(scene.engine.figures.meter.evicted).toBe(4);
  });
}

function exerciseSearch(begin: Begin): void {
  test('a search finds jobs with the text in their jid or arguments, and in no other part', async () => {
    const scene = await begin();
    const document = (jid: string, args: string, custom = ''): string =>
      `{"retry":25,${custom}"jid":"${jid}","queue":"needle","jobtype":"needle","args":${args}}`;
    await scene.engine.push([
      { ...entry('needle-1'), document: document('needle-1', '[]') },
      { ...entry('job-0002'), document: document('job-0002', '["a needle"]') },
      { ...entry('job-0003'), document: document('job-0003', '[]') },
      {
        ...entry('needle-4'),
        document: document('needle-4', '["\\u00e9"]', '"custom":{"args":["needle"]},'),
      },
      { ...entry('job-0005'), document: document('job-0005', '[]', '"custom":{"jid":"needle"},') },
    ]);
    expect(named(await all(scene, { search: 'needle' }))).toEqual(['needle-1', 'job-0002', 'needle-4']);
    expect(named(await all(scene, { search: 'é' }))).toEqual(['needle-4']);
    expect(named(await all(scene, { search: 'needle-', text: '[]' }))).toEqual(['needle-1']);
  });
}
