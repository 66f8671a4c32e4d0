/**
 * Conformance: random sequences of operations, against a model of the rules small enough to be believed. Whatever is
 * called, in whatever order and however many at once, each answer is the model's, and each job is in exactly one place.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine, Outcome, Reservation } from '../engine.ts';
import { entry, failure, type Open, Scene, SECOND } from './scene.ts';

type Place = 'ready' | 'scheduled' | 'retries' | 'dead' | 'working';

interface ModelJob {
  readonly jid: string;
  readonly queue: string;
  readonly priority: number;
  place: Place;
  /** Order in the queue; put-back jobs get numbers below all others. */
  order: number;
  due: number;
}

/** The rules, in memory: no speed, no storage, one list. */
class Model {
  jobs: ModelJob[] = [];
  listed = new Set<string>();
  paused = new Set<string>();
  processed = 0;
  failures = 0;
  #numbers = 0;
  #heads = 0;

  push(jid: string, queue: string, priority: number, at: number | undefined): void {
    const job: ModelJob = { jid, queue, priority, place: 'scheduled', order: 0, due: at ?? 0 };
    this.jobs.push(job);
    if (at === undefined) this.makeReady(job);
  }

  makeReady(job: ModelJob): void {
    this.#numbers += 1;
    this.listed.add(job.queue);
    Object.assign(job, { place: 'ready', order: this.#numbers });
  }

  fetch(queues: readonly string[], expiry: number): string | undefined {
    for (const queue of queues.filter((name) => !this.paused.has(name))) {
      const ready = this.jobs.filter((job) => job.place === 'ready' && job.queue === queue);
      const [next] = ready.sort((a, b) => b.priority - a.priority || a.order - b.order);
      if (!next) continue;
      Object.assign(next, { place: 'working', due: expiry });
      return next.jid;
    }
    return undefined;
  }

  settle(jid: string, outcome: Outcome): boolean {
    const job = this.jobs.find((each) => each.jid === jid && each.place === 'working');
    if (!job) return false;
    if (outcome.to === 'queue') {
      this.makeReady(job);
      this.#heads -= 1;
      job.order = this.#heads;
      return true;
    }
    this.processed += 1;
    if (outcome.to !== 'done') this.failures += 1;
    if (outcome.to === 'done' || outcome.to === 'forgotten') this.jobs.splice(this.jobs.indexOf(job), 1);
    else Object.assign(job, { place: outcome.to, due: outcome.due });
    return true;
  }

  promote(set: 'scheduled' | 'retries', now: number, limit: number): number {
    const due = this.jobs
      .filter((job) => job.place === set && job.due <= now)
      .sort((a, b) => a.due - b.due)
      .slice(0, limit);
    for (const job of due) this.makeReady(job);
    return due.length;
  }

  remove(gone: (job: ModelJob) => boolean): number {
    const before = this.jobs.length;
    this.jobs = this.jobs.filter((job) => !gone(job));
    return before - this.jobs.length;
  }

  count(place: Place): number {
    return this.jobs.filter((job) => job.place === place).length;
  }
}

/** One test's run: the engine, the model, and what both know of jids. */
interface Run {
  readonly scene: Scene;
  readonly model: Model;
  pushed: number;
}

/** One operation: changes the model at once, calls the engine, and says what to compare when the call is settled. */
interface Step {
  readonly name: string;
  /** Steps that end a group: they work in bites, or replace the engine. */
  readonly alone?: boolean;
  run(run: Run): Promise<void>;
}

const queueNames = ['red', 'blue'];
const queue = fc.constantFrom(...queueNames);
// Few priorities, so that many jobs share one.
const priority = fc.constantFrom(5, 5, 5, 9, 1);
const delay = fc.integer({ min: 1, max: 30 });
const index = fc.nat(40);
const timedSet = fc.constantFrom('scheduled' as const, 'retries' as const, 'dead' as const);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(queue, priority, fc.option(delay)).map(pushStep) },
  { weight: 6, arbitrary: fc.shuffledSubarray(queueNames, { minLength: 1 }).map(fetchStep) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(index, fc.constantFrom('done', 'retries', 'dead', 'forgotten', 'queue'), delay)
      .map(settleStep),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('scheduled' as const, 'retries' as const), fc.integer({ min: 1, max: 5 }))
      .map(promoteStep),
  },
  { weight: 2, arbitrary: delay.map(clockStep) },
  { weight: 1, arbitrary: fc.constant(purgeStep()) },
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

export function exerciseModel(open: Open): void {
  test('random operations, alone and in one go, do what the rules say: no job is lost or in two places', async () => {
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

/** Calls the steps of a group without waiting between them, then compares. */
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

/** Empties every place and compares what comes out with what the model holds. */
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

function pushStep([name, priority, after]: [string, number, number | null]): Step {
  return {
    name: `push ${name} ${priority} ${after ?? 'now'}`,
    async run(run) {
      run.pushed += 1;
      const jid = `job-${run.pushed}`;
      // No two due times are equal: their order would be free.
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
      // Now and then a job that nobody holds: then both must say false.
      const jid = held[pick % (held.length + 1)]?.jid ?? `job-${pick}`;
      run.pushed += 1;
      const due = run.scene.now + after * SECOND + run.pushed;
      const outcome = { to, due, failure: failure(jid) } as Outcome;
      const expected = run.model.settle(jid, outcome);
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

function purgeStep(): Step {
  return {
    name: 'purge',
    async run({ scene, model }) {
      const { now } = scene;
      const expected = model.remove((job) => job.place === 'dead' && job.due <= now);
      expect(await scene.engine.purge(1000)).toBe(expected);
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
      const deadUntil = scene.now + after * SECOND;
      const called = { set, change: change as 'discard' | 'kill' | 'requeue', jids, deadUntil };
      if (picked && change === 'discard') model.remove((job) => job === picked);
      if (picked && change === 'kill') Object.assign(picked, { place: 'dead', due: deadUntil });
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
