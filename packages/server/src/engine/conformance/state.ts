/**
 * All that a model or an engine holds, as one value that can be compared.
 */
import { expect } from 'vitest';
import type { Model, Place } from './model.ts';
import type { Scene } from './scene.ts';

const TIMED = ['scheduled', 'retries', 'dead'] as const;

/** What the model holds. */
export function stateOf(model: Model): object {
  const count = (place: Place): number => model.in(place).length;
  const { processed, failures } = model;
  return {
    sizes: {
      ...{ scheduled: count('scheduled'), retries: count('retries') },
      ...{ dead: count('dead'), working: count('working'), processed, failures },
    },
    queues: [...model.listed].sort().map((name) => ({
      name,
      size: model.in('ready').filter(({ queue }) => queue === name).length,
      paused: model.paused.has(name),
    })),
    ready: groups(model.ready().map(({ queue, jid }) => [queue, jid])),
    working: model
      .in('working')
      .map(({ jid }) => jid)
      .sort(),
    due: TIMED.map((place) =>
      model
        .in(place)
        .map(({ jid, due }) => `${due} ${jid}`)
        .sort(),
    ),
    kept: [...model.kept.all.keys()].sort().flatMap((key) => {
      const kept = model.kept.read(key);
      return kept ? [[key, kept.kind, kept.value, kept.at, kept.until ?? null]] : [];
    }),
    nextEnd: model.nextEnd() ?? null,
  };
}

/** The same of an engine. */
export async function stateIn(scene: Scene): Promise<object> {
  const { engine } = scene;
  const jobs = await scene.found({}, { limit: 1000, lean: true });
  const kept = await engine.scan('', undefined, 10_000);
  return {
    sizes: await engine.sizes(),
    queues: await engine.queues(),
    ready: groups(jobs.filter(({ place }) => place === 'ready').map(({ queue, jid }) => [queue, jid])),
    working: jobs.flatMap(({ place, jid }) => (place === 'working' ? [jid] : [])).sort(),
    due: TIMED.map((set) =>
      jobs.flatMap(({ place, jid, at }) => (place === set ? [`${at} ${jid}`] : [])).sort(),
    ),
    kept: [...kept].map(([key, { kind, value, at, until }]) => [key, kind, value, at, until ?? null]),
    nextEnd: (await engine.nextDue('ends')) ?? null,
  };
}

/** The jids by queue, each in its order. */
function groups(jobs: readonly (readonly [queue: string, jid: string])[]): Record<string, string[]> {
  const byQueue: Record<string, string[]> = {};
  for (const [queue, jid] of jobs) byQueue[queue] = [...(byQueue[queue] ?? []), jid];
  return byQueue;
}

/** Throws unless the engine holds what the model holds. */
export async function compare(scene: Scene, model: Model): Promise<void> {
  expect(await stateIn(scene)).toEqual(stateOf(model));
}
