/**
 * The operations of the random sequences in random.ts. A step changes the model at once, calls the
 * engine, and compares the answer when it comes. So many steps may run at once.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Outcome, Reservation } from '../engine.ts';
import type { Model } from './model.ts';
import { entry, failure, type Scene, SECOND } from './scene.ts';

/** One random sequence: the engine, the model, and the number of jids used. */
export interface Run {
  readonly scene: Scene;
  readonly model: Model;
  pushed: number;
}

/** One operation of a sequence. */
export interface Step {
  readonly name: string;
  /** Must not run with other steps, because it works in bites, moves the clock or restarts. */
  readonly alone?: boolean;
  run(run: Run): Promise<void>;
}

export const queueNames = ['red', 'blue'];
const queue = fc.constantFrom(...queueNames);
// Few priorities, so that many jobs share one.
const priority = fc.constantFrom(5, 5, 5, 9, 1);
const delay = fc.integer({ min: 1, max: 30 });
const index = fc.nat(40);
const timedSet = fc.constantFrom('scheduled' as const, 'retries' as const, 'dead' as const);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(queue, priority, fc.option(delay)).map(pushStep) },
  { weight: 6, arbitrary: fc.shuffledSubarray(queueNames, { minLength: 1 }).map(fetchStep) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(index, fc.constantFrom('done', 'retries', 'dead', 'discarded', 'queue'), delay)
      .map(settleStep),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('scheduled' as const, 'retries' as const), fc.integer({ min: 1, max: 5 }))
      .map(promoteStep),
  },
  { weight: 2, arbitrary: delay.map(clockStep) },
  { weight: 1, arbitrary: fc.constant(expireDeadStep()) },
  { weight: 1, arbitrary: fc.tuple(queue, fc.boolean()).map(pauseStep) },
  { weight: 1, arbitrary: queue.map(removeStep) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(timedSet, fc.constantFrom('discard', 'kill', 'requeue'), index, delay)
      .map(mutateStep),
  },
  { weight: 1, arbitrary: fc.constant(restartStep()) },
);

function pushStep([name, priority, after]: [string, number, number | null]): Step {
  return {
    name: `push ${name} ${priority} ${after ?? 'now'}`,
    async run(run) {
      run.pushed += 1;
      const jid = `job-${run.pushed}`;
      // No two due times are equal, because the order of equal ones is not defined.
      const at = after === null ? undefined : run.scene.now + after * SECOND + run.pushed;
      run.model.push(jid, name, priority, at);
      await run.scene.engine.push([
        entry(jid, { queue: name, priority, ...(at === undefined ? {} : { at }) }),
      ]);
    },
  };
}

function fetchStep(queues: string[]): Step {
  return {
    name: `fetch ${queues.join(' ')}`,
    async run({ scene, model }) {
      const expected = model.fetch(queues, scene.now + 1800 * SECOND);
      const taken: Reservation | undefined = await scene.engine.fetch({ queues, wid: 'w1' });
      expect(taken?.jid).toBe(expected);
    },
  };
}

function settleStep([pick, to, after]: [number, string, number]): Step {
  return {
    name: `settle ${pick} ${to} ${after}`,
    async run(run) {
      const held = run.model.jobs.filter((job) => job.place === 'working');
      // Sometimes a job that is not held: then both must return false.
      const jid = held[pick % (held.length + 1)]?.jid ?? `job-${pick}`;
      run.pushed += 1;
      const outcome = { to, in: after * SECOND + run.pushed, failure: failure(jid) } as Outcome;
      const expected = run.model.settle(jid, outcome, run.scene.now);
      expect(await run.scene.engine.settle({ jid }, outcome)).toBe(expected);
    },
  };
}

function promoteStep([set, limit]: ['scheduled' | 'retries', number]): Step {
  return {
    name: `promote ${set} ${limit}`,
    async run({ scene, model }) {
      const expected = model.promote(set, scene.now, limit);
      expect(await scene.engine.promote(set, limit)).toBe(expected);
    },
  };
}

function clockStep(seconds: number): Step {
  return {
    name: `clock +${seconds}`,
    alone: true,
    async run({ scene }) {
      scene.now += seconds * SECOND;
    },
  };
}

function expireDeadStep(): Step {
  return {
    name: 'expireDead',
    async run({ scene, model }) {
      const { now } = scene;
      const expected = model.remove((job) => job.place === 'dead' && job.due <= now);
      expect(await scene.engine.expireDead(1000)).toBe(expected);
    },
  };
}

function pauseStep([name, paused]: [string, boolean]): Step {
  return {
    name: `${paused ? 'pause' : 'resume'} ${name}`,
    async run({ scene, model }) {
      if (!paused) model.paused.delete(name);
      else if (model.listed.has(name)) model.paused.add(name);
      await scene.engine.setPaused([name], paused);
    },
  };
}

function removeStep(name: string): Step {
  return {
    name: `remove ${name}`,
    async run({ scene, model }) {
      model.remove((job) => job.place === 'ready' && job.queue === name);
      model.listed.delete(name);
      model.paused.delete(name);
      await scene.engine.removeQueues([name]);
    },
  };
}

function mutateStep([set, change, pick, after]: [
  'scheduled' | 'retries' | 'dead',
  string,
  number,
  number,
]): Step {
  return {
    name: `mutate ${set} ${change} ${pick} ${after}`,
    alone: true,
    async run({ scene, model }) {
      const there = model.jobs.filter((job) => job.place === set);
      const picked = there[pick % Math.max(there.length, 1)];
      const jids = [picked?.jid ?? 'not-there'];
      const deadFor = after * SECOND;
      const called = { set, change: change as 'discard' | 'kill' | 'requeue', jids, deadFor };
      if (picked && change === 'discard') model.remove((job) => job === picked);
      if (picked && change === 'kill') Object.assign(picked, { place: 'dead', due: scene.now + deadFor });
      if (picked && change === 'requeue') model.makeReady(picked);
      expect(await scene.engine.mutate(called)).toBe(picked ? 1 : 0);
    },
  };
}

function restartStep(): Step {
  return {
    name: 'restart',
    alone: true,
    async run({ scene }) {
      await scene.restart();
    },
  };
}
