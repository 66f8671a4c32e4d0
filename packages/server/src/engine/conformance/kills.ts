/**
 * Conformance: an engine in a child process that is killed with SIGKILL while it works. After each
 * kill the store holds what the model holds after a first part of the calls, and each call that was
 * answered is in that part: nothing that was acknowledged is lost, and no call is half done.
 *
 * FAKTORY_STEPS=1000000 runs so many steps, with a kill in every second group.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../engine.ts';
import { type Call, onModel } from './calls.ts';
import { Model } from './model.ts';
import { groups } from './random.ts';
import { Scene, SECOND } from './scene.ts';
import { stateIn, stateOf } from './state.ts';
import { STEP, type Step } from './steps.ts';

/** An engine in a child process. */
export interface KilledChild {
  /** Resolves to the answer. Never settles when the child is killed before it answers. */
  ask(now: number, call: Call): Promise<unknown>;
  /** Ends the process with SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/** A store that a child process and this process open in turn. */
export interface KilledStore {
  /** Starts a process that has the store open. */
  start(): Promise<KilledChild>;
  /** Opens the store in this process. */
  open(clock: () => number): Promise<Backend>;
  dispose(): void;
}

const RUNS = Math.ceil(Number(process.env['FAKTORY_STEPS'] ?? 60) / 20);

export function exerciseKills(name: string, make: () => KilledStore): void {
  describe(`${name} engine`, () => {
    test(
      'a kill loses nothing that was answered, and leaves no call half done',
      async () => {
        let kills = 0;
        const sequence = fc.asyncProperty(
          groups(8, 2),
          fc.array(fc.nat(8), { minLength: 10 }),
          async (all, after) => {
            kills += await runSequence(make(), all, after);
          },
        );
        await fc.assert(sequence, { numRuns: RUNS });
        expect(kills).toBeGreaterThan(0);
        if (process.env['FAKTORY_STEPS']) console.log(`${kills} kills`);
      },
      60_000 + RUNS * 30_000, // each kill starts a process: some seconds on a busy machine
    );
  });
}

/** Calls the steps of each group at once, and kills the child after `after` answers. Returns how often. */
async function runSequence(
  store: KilledStore,
  all: readonly Step[][],
  after: readonly number[],
): Promise<number> {
  let model = new Model(Date.UTC(2026, 5, 10, 12) * 1000);
  let number = 0;
  let kills = 0;
  try {
    for (const [index, group] of all.entries()) {
      for (const { seconds = 0 } of group) model.now += seconds * SECOND;
      const steps = callsOf(group);
      const models = [model.copy()];
      const calls = steps.map((call) => {
        number += STEP;
        const called = call(model, number);
        const answer = onModel(model, called);
        models.push(model.copy());
        return { called, answer };
      });
      const answered = await killedAfter(store, model.now, calls, after[index % after.length] ?? 0);
      kills += 1;
      model = await survivor(store, models, answered);
    }
    return kills;
  } finally {
    store.dispose();
  }
}

/** The calls of a group. One that works in bites comes last, so that the order of all is known. */
function callsOf(group: readonly Step[]): NonNullable<Step['call']>[] {
  const [bites] = group.filter(({ alone }) => alone);
  const steps = [...group.filter(({ alone }) => !alone), ...(bites ? [bites] : [])];
  return steps.flatMap(({ call }) => (call ? [call] : []));
}

interface Expected {
  readonly called: Call;
  readonly answer: unknown;
}

/** Starts a child, makes the calls, kills it after so many answers. Returns how many it gave. */
async function killedAfter(
  store: KilledStore,
  now: number,
  calls: readonly Expected[],
  most: number,
): Promise<number> {
  const child = await store.start();
  const given: { index: number; answer: unknown }[] = [];
  await new Promise<void>((resolve) => {
    const enough = Math.min(most, calls.length);
    if (enough === 0) resolve();
    for (const [index, { called }] of calls.entries()) {
      void child.ask(now, called).then((answer) => {
        given.push({ index, answer });
        if (given.length >= enough) resolve();
      });
    }
  });
  await child.kill();
  for (const { index, answer } of given) expect(answer).toEqual(calls[index]?.answer);
  return Math.max(0, ...given.map(({ index }) => index + 1));
}

/** Returns the model that the store equals. `models[n]` has the first n calls. */
async function survivor(store: KilledStore, models: readonly Model[], answered: number): Promise<Model> {
  const [first] = models;
  const scene = new Scene(async ({ clock }) => {
    const backend = await store.open(clock);
    const dispose = (): Promise<void> => backend.engine.close();
    return { backend, reopen: () => Promise.reject(new Error('not used')), dispose };
  });
  scene.now = first?.now ?? 0;
  await scene.begin();
  try {
    const found = await stateIn(scene);
    const possible = models.slice(answered);
    const equal = possible.find((model) => isDeepStrictEqual(found, stateOf(model)));
    if (!equal) expect(found).toEqual(stateOf(possible[0] as Model)); // shows the difference
    return equal as Model;
  } finally {
    await scene.end();
  }
}
