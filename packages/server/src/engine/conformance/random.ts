/**
 * Conformance: random sequences of operations, one by one and many at once, compared with the model
 * in model.ts. Each answer is that of the model, and each job is in exactly one place.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../engine.ts';
import { Model, type Place } from './model.ts';
import { type Open, Scene, SECOND } from './scene.ts';
import { queueNames, type Run, type Step, step } from './steps.ts';

export function exerciseRandom(open: Open): void {
  test('random operations get the answers of the model, one by one and at once: no job is lost or in two places', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { maxLength: 25, size: 'max' }),
        async (groups) => {
          const run: Run = { scene: new Scene(open), model: new Model(), pushed: 0 };
          await run.scene.begin({ deadLimit: 0 });
          try {
            for (const group of groups) await runGroup(run, group);
            await compareAll(run);
          } finally {
            await run.scene.end();
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
}

/** Calls the steps of a group at once, then compares. */
async function runGroup(run: Run, group: readonly Step[]): Promise<void> {
  let calls: Promise<void>[] = [];
  for (const each of group) {
    if (each.alone) {
      await Promise.all(calls);
      await each.run(run);
      calls = [];
    } else calls.push(each.run(run));
  }
  await Promise.all(calls);
  await compareSizes(run.scene.engine, run.model);
}

async function compareSizes(engine: Engine, model: Model): Promise<void> {
  expect(await engine.sizes()).toEqual({
    scheduled: model.count('scheduled'),
    retries: model.count('retries'),
    dead: model.count('dead'),
    working: model.count('working'),
    processed: model.processed,
    failures: model.failures,
  });
  const queues = [...model.listed].sort().map((name) => ({
    name,
    size: model.jobs.filter((job) => job.place === 'ready' && job.queue === name).length,
    paused: model.paused.has(name),
  }));
  expect(await engine.queues()).toEqual(queues);
}

/** Takes all jobs out of every place and compares them with the model. */
async function compareAll({ scene, model }: Run): Promise<void> {
  const { engine } = scene;
  await engine.setPaused('*', false);
  model.paused.clear();
  scene.now += 3600 * SECOND;
  const overdue = await engine.overdue(1000);
  expect(overdue.map(({ jid }) => jid).sort()).toEqual(jidsIn(model, 'working'));
  for (const name of queueNames) {
    const expected: string[] = [];
    for (let next = model.fetch([name], scene.now); next !== undefined; next = model.fetch([name], scene.now))
      expected.push(next);
    expect(await scene.drain(name)).toEqual(expected);
  }
  for (const set of ['scheduled', 'retries', 'dead'] as const) {
    expect(await engine.mutate({ set, change: 'requeue' })).toBe(model.count(set));
    expect((await scene.drain(...queueNames)).sort()).toEqual(jidsIn(model, set));
  }
}

function jidsIn(model: Model, place: Place): string[] {
  return model.jobs
    .filter((job) => job.place === place)
    .map(({ jid }) => jid)
    .sort();
}
