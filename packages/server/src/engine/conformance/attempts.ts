/**
 * Conformance: the stored attempts of a job stay with it wherever it goes.
 */
import { describe, expect, test } from 'vitest';
import type { EntryChange, Found, Place } from '../engine.ts';
import { entries, entry, failure, HOUR, jids, type Open, type Scene, scenes } from './scene.ts';

const PLACES: readonly Place[] = ['ready', 'scheduled', 'retries', 'dead'];

export function exerciseAttempts(open: Open): void {
  describe('attempts', () => {
    const begin = scenes(open);
    exerciseKept(begin);
    exerciseChanges(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

const all = (scene: Scene): Promise<Found[]> => scene.found({ places: PLACES });

async function failNext(scene: Scene, attempts: string | undefined, to: 'retries' | 'dead' = 'retries') {
  const held = await scene.take();
  await scene.engine.settle(held, { to, in: HOUR, failure: failure('no'), attempts });
}

function exerciseKept(begin: Begin): void {
  test('a reservation is read with the stored attempts, and settling with undefined keeps them', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    const seen: (string | undefined)[] = [];
    for (const attempts of ['["one"]', undefined, '["one","two"]']) {
      const held = await scene.take();
      seen.push((await scene.engine.reservation(held))?.attempts);
      await scene.engine.settle(held, { to: 'retries', in: 0, failure: failure('no'), attempts });
      await scene.engine.handleDue('retries', 10);
      await scene.restart();
    }
    expect(seen).toEqual([undefined, '["one"]', '["one"]']);
    expect((await all(scene)).map(({ attempts }) => attempts)).toEqual(['["one","two"]']);
    const lean = await scene.found({ places: PLACES }, { lean: true });
    expect(lean.map(({ attempts, failure: last }) => [attempts, last])).toEqual([[undefined, failure('no')]]);
  });

  test('a job that never failed has no attempts', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001'), entry('later', { at: scene.now + HOUR })]);
    expect((await all(scene)).map(({ attempts }) => attempts)).toEqual([undefined, undefined]);
  });
}

const CHANGES: [string, (now: number, documents: readonly string[]) => EntryChange][] = [
  ['requeue', () => ({ do: 'requeue' })],
  ['kill', () => ({ do: 'kill', deadFor: 9 * HOUR })],
  ['schedule', (now) => ({ do: 'schedule', at: now + 5 * HOUR })],
  ['move', (_, documents) => ({ do: 'move', queue: 'elsewhere', documents })],
  ['prioritize', (_, documents) => ({ do: 'prioritize', priority: 7, documents })],
];

function exerciseChanges(begin: Begin): void {
  test.each(CHANGES)('%s and its undo keep the attempts of a job', async (_, make) => {
    const scene = await begin();
    await scene.engine.push(entries(jids('job', 2)));
    await failNext(scene, '["first"]');
    await failNext(scene, '["second"]');
    const found = await all(scene);
    const names = found.map(({ entry: name }) => name);
    await scene.finder.change(
      names,
      make(
        scene.now,
        found.map(({ document }) => document),
      ),
      { name: 'change', action: 'change' },
    );
    expect((await all(scene)).map(({ attempts }) => attempts)).toEqual(['["first"]', '["second"]']);
    await scene.finder.undo('change', 10);
    expect(await all(scene)).toEqual(found);
  });

  test('a discarded job has its attempts after undo, and so has a job that MUTATE requeued', async () => {
    const scene = await begin();
    await scene.engine.push([entry('job-00001')]);
    await failNext(scene, '["long ago"]', 'dead');
    const [found] = await all(scene);
    await scene.finder.change([found?.entry ?? ''], { do: 'discard' }, { name: 'gone', action: 'discard' });
    await scene.restart();
    await scene.finder.undo('gone', 10);
    expect(await all(scene)).toEqual([found]);
    await scene.engine.mutate({ set: 'dead', change: 'requeue' });
    expect((await all(scene)).map(({ place, attempts }) => [place, attempts])).toEqual([
      ['ready', '["long ago"]'],
    ]);
  });
}
