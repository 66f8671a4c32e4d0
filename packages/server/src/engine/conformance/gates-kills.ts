/**
 * Conformance: gates of an engine in a child process that is killed with SIGKILL while it works. A hand-out and its slot
 * are one commit, and so are an end and its slot: after each kill exactly the jobs in the working set hold a slot, and
 * a rate is used exactly if its job was handed out.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine, Gate } from '../engine.ts';
import { type Call, passed } from './calls.ts';
import type { KilledStore } from './kills.ts';
import { entries, HOUR, jids, Scene } from './scene.ts';

const LIMIT = 3;
const slots = (limit: number): Gate => ({ gate: 'slots', key: 'test:slots', limit, span: HOUR });
const rate: Gate = { gate: 'rate', key: 'test:rate', per: HOUR, burst: 1 };

const fetched = fc.integer({ min: 1, max: 4 }).map((count): Call => {
  return { do: 'fetchGated', queue: 'default', gate: slots(LIMIT), count };
});
const ended = fc.tuple(fc.nat(11), fc.constantFrom('done', 'queue', 'discarded')).map(([n, to]): Call => {
  return { do: 'settle', jid: `job-${String(n).padStart(6, '0')}`, outcome: { to }, onlyIfOverdue: false };
});
const slow: Call = { do: 'fetchGated', queue: 'slow', gate: rate, count: 1 };
const call = fc.oneof(
  { weight: 4, arbitrary: fetched },
  { weight: 4, arbitrary: ended },
  { weight: 1, arbitrary: fc.constant(slow) },
);
/** The calls of one life of the child, and after how many answers it is killed. */
const life = fc.tuple(fc.array(call, { minLength: 10, maxLength: 40 }), fc.nat(40));

export function exerciseGateKills(name: string, make: () => KilledStore): void {
  describe(`${name} engine`, () => {
    test('a kill leaves a slot to each job that is held, and to no other; no more are held than there are slots', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(life, { minLength: 4, maxLength: 4 }), (lives) => run(make(), lives)),
        { numRuns: 4 },
      );
    }, 60_000);
  });
}

async function run(
  store: KilledStore,
  lives: readonly (readonly [readonly Call[], number])[],
): Promise<void> {
  const scene = new Scene(async ({ clock }) => {
    const backend = await store.open(clock);
    return {
      backend,
      reopen: () => Promise.reject(new Error('not used')),
      dispose: () => backend.engine.close(),
    };
  });
  let rateUsed = false;
  try {
    for (const [index, [calls, most]] of lives.entries()) {
      await scene.begin();
      await refill(scene.engine, index);
      await scene.end();
      await killedAfter(store, scene.now, calls, Math.min(most, calls.length));
      await scene.begin();
      const held = await scene.found({ places: ['working'] });
      const inSlots = held.filter(({ queue }) => queue === 'default').length;
      expect(inSlots).toBeLessThanOrEqual(LIMIT);
      await expectTaken(scene.engine, inSlots);
      rateUsed ||= held.some(({ queue }) => queue === 'slow');
      expect(await passed(scene.engine, 'slow', rate, 5)).toHaveLength(rateUsed ? 0 : 1);
      rateUsed = true;
      await scene.end();
    }
  } finally {
    await scene.end();
    store.dispose();
  }
}

/** Jobs with these jids may be there already: an end is then of the oldest hand-out. */
async function refill(engine: Engine, round: number): Promise<void> {
  await engine.push(entries(jids('job', 12)));
  await engine.push(entries([`slow-${round}-00`], { queue: 'slow' }));
}

/** Asserts how many slots are taken: one more has room for one job. */
async function expectTaken(engine: Engine, count: number): Promise<void> {
  await engine.push(entries(jids('probe', 2)));
  expect(await passed(engine, 'default', slots(count), 5)).toEqual([]);
  const [probe, ...more] = await passed(engine, 'default', slots(count + 1), 5);
  expect([probe === undefined, more]).toEqual([false, []]);
  await engine.settle({ jid: probe ?? '' }, { to: 'queue' });
}

async function killedAfter(
  store: KilledStore,
  now: number,
  calls: readonly Call[],
  most: number,
): Promise<void> {
  const child = await store.start();
  await new Promise<void>((resolve) => {
    let left = most;
    if (left === 0) resolve();
    for (const each of calls) {
      void child.ask(now, each).then(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
  await child.kill();
}
