/**
 * Conformance: random sequences of operations, one by one and many at once, with restarts, compared
 * with the model in model.ts. Each answer is that of the model, and the engine holds what the model
 * holds.
 *
 * FAKTORY_STEPS=1000000 runs so many steps.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEngine, onModel } from './calls.ts';
import { Model } from './model.ts';
import { type Open, Scene, SECOND } from './scene.ts';
import { compare } from './state.ts';
import { STEP, type Step, step } from './steps.ts';

/** Groups of steps: those of one group are called at once. */
export const groups = (most: number, least = 0): fc.Arbitrary<Step[][]> =>
  fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), {
    minLength: least,
    maxLength: most,
    size: 'max',
  });

const STEPS = Number(process.env['FAKTORY_STEPS'] ?? 4000);
// A long form opens fewer stores, because an open takes as long as fifty steps.
const MOST_GROUPS = STEPS > 10_000 ? 400 : 25;
const STEPS_A_RUN = 2.25 * MOST_GROUPS; // on average: half of the groups, of 4.5 steps

export function exerciseRandom(open: Open): void {
  describe('random operations', () => {
    test(
      'get the answers of the model, and leave what the model holds',
      async () => {
        let steps = 0;
        const sequence = fc.asyncProperty(groups(MOST_GROUPS), async (groups) => {
          steps += await runSequence(open, groups);
        });
        const numRuns = Math.ceil(STEPS / STEPS_A_RUN);
        await fc.assert(sequence, { numRuns, endOnFailure: STEPS > 10_000 });
        if (process.env['FAKTORY_STEPS']) console.log(`${steps} steps`);
      },
      60_000 + STEPS * 20,
    );
  });
}

/** Returns the number of steps. */
async function runSequence(open: Open, groups: readonly Step[][]): Promise<number> {
  const scene = new Scene(open);
  await scene.begin({ deadLimit: 0 });
  const model = new Model(scene.now);
  let number = 0;
  try {
    for (const group of groups) {
      let calls: Promise<void>[] = [];
      for (const each of group) {
        number += STEP;
        if (each.call && !each.alone) {
          calls.push(answered(scene, model, each, number));
          continue;
        }
        await Promise.all(calls);
        calls = [];
        await runAlone(scene, model, each, number);
      }
      await Promise.all(calls);
      await compare(scene, model);
    }
    return number / STEP;
  } finally {
    await scene.end();
  }
}

async function runAlone(scene: Scene, model: Model, step: Step, number: number): Promise<void> {
  if (step.call) await answered(scene, model, step, number);
  if (step.restart) await scene.restart();
  if (step.seconds === undefined) return;
  scene.now += step.seconds * SECOND;
  model.now = scene.now;
}

async function answered(scene: Scene, model: Model, { name, call }: Step, number: number): Promise<void> {
  if (!call) return;
  const called = call(model, number);
  const expected = onModel(model, called);
  expect(await onEngine(scene.engine, called), name).toEqual(expected);
}
