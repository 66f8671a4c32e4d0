/**
 * The steps of a random sequence. A step that is a call says which one, once the jobs that the model
 * holds then are known. So the same sequence can be run again on each engine.
 */
import fc from 'fast-check';
import type { Consequences, Effect, Entry, Moment, Outcome, SetChange } from '../engine.ts';
import type { Call } from './calls.ts';
import type { Model } from './model.ts';
import { entry, failure, SECOND } from './scene.ts';

/** One step: a call, seconds that pass, or a restart. */
export interface Step {
  readonly name: string;
  /** Must not run with other steps, because it works in bites. */
  readonly alone?: boolean;
  /** `number` ascends by {@link STEP} with each step, for names and times that must differ. */
  readonly call?: (model: Model, number: number) => Call;
  readonly seconds?: number;
  readonly restart?: true;
}

const queueNames = ['red', 'blue'];
const queue = fc.constantFrom(...queueNames);
// Few priorities, so that many jobs share one.
const priority = fc.constantFrom(5, 5, 5, 9, 1);
const delay = fc.integer({ min: 1, max: 30 });
const index = fc.nat(40);
const timedSet = fc.constantFrom('scheduled' as const, 'retries' as const, 'dead' as const);

/** What a pushed job carries. Several may be joined. */
const CARGO = ['name', 'until start', 'member', 'watched', 'deadline', 'pusher'] as const;
type Cargo = (typeof CARGO)[number];
const cargo = fc.oneof(
  { weight: 2, arbitrary: fc.constant([] as Cargo[]) },
  { weight: 3, arbitrary: fc.subarray([...CARGO], { maxLength: 3 }) },
);

interface Plan {
  readonly queue: string;
  readonly priority: number;
  readonly after: number | null;
  readonly cargo: readonly Cargo[];
  /** Chooses a name or a counter, and how long they last. */
  readonly pick: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({ queue, priority, after: fc.option(delay), cargo, pick: index });

const MOMENTS: readonly Moment[] = [
  ...(['taken', 'ready', 'executed', 'failed', 'failing'] as const),
  ...(['recovered', 'dead', 'done', 'expired', 'gone'] as const),
];

/** The numbers of one step: three for the jobs of a push, one for other times. */
export const STEP = 4;

/** No two times are equal, because the order of equal ones is not defined. */
const later = (model: Model, seconds: number, number: number): number =>
  model.now + seconds * SECOND + number;

function entryOf(model: Model, jid: string, plan: Plan, number: number): Entry {
  const { queue, priority, after, pick } = plan;
  const at = after === null ? {} : { at: later(model, after, number) };
  const has = (what: Cargo): boolean => plan.cargo.includes(what);
  const effects: Effect[] = [];
  const carried: { [M in Moment]?: Effect[] } = {};
  const add = (moment: Moment, effect: Effect): void => {
    carried[moment] = [...(carried[moment] ?? []), effect];
  };
  if (has('name') || has('until start')) {
    const key = `test:name-${pick % 3}`;
    effects.push({ do: 'claim', key, until: { in: (20 + pick) * SECOND + number } });
    if (has('until start')) add('taken', { do: 'release', key });
    add('gone', { do: 'release', key });
  }
  if (has('member')) {
    const key = `test:counter-${pick % 2}`;
    effects.push({ do: 'count', key, by: 1 });
    add('executed', { do: 'count', key, by: -1 });
  }
  if (has('watched'))
    for (const moment of MOMENTS) add(moment, { do: 'number', key: `test:${moment}`, by: 1 });
  if (has('pusher')) {
    // Its own push is due already, so it may come between the due jobs of one `promote`.
    add('ready', push(`${jid}-r`, queue, model.now));
    add('executed', push(`${jid}-x`, queue, undefined));
  }
  return {
    ...entry(jid, { queue, priority, ...at }),
    ...(effects.length > 0 ? { effects } : {}),
    ...(Object.keys(carried).length > 0 ? { consequences: carried as Consequences } : {}),
    ...(has('deadline') ? { deadline: later(model, 5 + pick, number) } : {}),
  };
}

/** An effect that pushes a job which holds a name, if the name is free. */
function push(jid: string, queue: string, at: number | undefined): Effect {
  const key = 'test:name-0';
  const claim: Effect = { do: 'claim', key, until: { in: 25 * SECOND } };
  const pushed = { ...entry(jid, at === undefined ? { queue } : { queue, at }), effects: [claim] };
  return { do: 'push', entries: [{ ...pushed, consequences: { gone: [{ do: 'release', key }] } }] };
}

/** Effects of a call: by one of these, chosen by `pick`. */
const APPLIED: readonly ((model: Model, pick: number, number: number) => readonly Effect[])[] = [
  (_, pick, number) => {
    const key = `test:counter-${pick % 2}`;
    const next: Effect = { do: 'count', key: `test:counter-${(pick + 1) % 2}`, by: -1 };
    const atZero: Effect[] = [push(`fired-${number}`, 'red', undefined), next];
    const lapse: Effect[] = [
      push(`lapsed-${number}`, 'blue', undefined),
      { do: 'drop', key: `test:value-${pick % 3}` },
      { do: 'put', key: `test:counter-${(pick + 1) % 2}`, value: 'lapsed' },
    ];
    const until = { in: (10 + pick) * SECOND + number + 3 };
    return [
      { do: 'expect', key, value: undefined },
      { do: 'counter', key, value: 1 + (pick % 3), atZero, until, lapse },
    ];
  },
  (_, pick) => [{ do: 'count', key: `test:counter-${pick % 2}`, by: pick % 3 === 0 ? 1 : -1 }],
  (_, pick, number) => {
    const key = `test:value-${pick % 3}`;
    return [{ do: 'put', key, value: `${number}`, until: { in: (1 + pick) * SECOND + number + 3 } }];
  },
  (model, pick, number) => {
    const keys = [`test:value-${pick % 3}`, `test:name-${pick % 3}`];
    return [{ do: 'keep', keys, until: { at: later(model, 1 + pick, number + 3) } }];
  },
  (_, pick) => [{ do: 'drop', key: `test:value-${pick % 3}` }],
  (_, pick, number) => {
    const key = `test:name-${pick % 3}`;
    return [
      { do: 'claim', key, until: { in: (1 + pick) * SECOND + number + 3 } },
      push(`tick-${number}`, 'red', undefined),
    ];
  },
  (_, pick) => [{ do: 'release', key: `test:name-${pick % 3}` }],
  (_, pick) => [
    { do: 'expect', key: `test:number`, value: String(pick % 2) },
    { do: 'number', key: `test:number`, by: pick % 2 === 0 ? 1 : -1 },
  ],
  () => [{ do: 'number', key: `test:number`, by: 1 }],
];

const called = (name: string, call: Step['call'], alone = false): Step =>
  call ? { name, call, alone } : { name };

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(plan, { minLength: 1, maxLength: 3 }).map((plans) =>
      called(`push ${JSON.stringify(plans)}`, (model, number) => ({
        do: 'push',
        entries: plans.map((plan, index) => entryOf(model, `job-${number}-${index}`, plan, number + index)),
      })),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.shuffledSubarray(queueNames, { minLength: 1 }), fc.constantFrom(1, 1, 1, 4))
      .map(([queues, count]) => called(`fetch ${count} ${queues}`, () => ({ do: 'fetch', queues, count }))),
  },
  { weight: 5, arbitrary: fc.tuple(index, outcome(), delay, fc.boolean()).map(settleStep) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('scheduled' as const, 'retries' as const), fc.integer({ min: 1, max: 5 }))
      .map(([set, limit]) => called(`promote ${set} ${limit}`, () => ({ do: 'promote', set, limit }))),
  },
  { weight: 2, arbitrary: delay.map((seconds) => ({ name: `${seconds} s pass`, seconds })) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 3 })
      .map((limit) => called(`expireDead ${limit}`, () => ({ do: 'expireDead', limit }))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(queue, fc.boolean())
      .map(([queue, paused]) => called(`pause ${queue} ${paused}`, () => ({ do: 'pause', queue, paused }))),
  },
  {
    weight: 1,
    arbitrary: queue.map((queue) => called(`remove ${queue}`, () => ({ do: 'remove', queue }), true)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(timedSet, fc.constantFrom('discard' as const, 'kill' as const, 'requeue' as const), index, delay)
      .map(mutateStep),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(APPLIED.length - 1), index).map(([which, pick]) =>
      called(`apply ${which} ${pick}`, (model, number) => ({
        do: 'apply',
        effects: (APPLIED[which] as (typeof APPLIED)[number])(model, pick, number),
      })),
    ),
  },
  { weight: 1, arbitrary: fc.constant(called('lapse', () => ({ do: 'lapse' }))) },
  { weight: 1, arbitrary: fc.constant({ name: 'restart', restart: true } as const) },
);

function outcome(): fc.Arbitrary<Outcome['to']> {
  return fc.constantFrom('done', 'retries', 'dead', 'discarded', 'queue');
}

function settleStep([pick, to, after, onlyIfOverdue]: [number, Outcome['to'], number, boolean]): Step {
  return called(`settle ${pick} ${to} ${after} ${onlyIfOverdue}`, (model, number) => {
    const held = model.in('working');
    // Sometimes a job that is not held: then both must return false.
    const jid = held[pick % (held.length + 1)]?.jid ?? `job-${pick}-0`;
    const outcome = { to, in: after * SECOND + number + 3, failure: failure(jid) } as Outcome;
    return { do: 'settle', jid, outcome, onlyIfOverdue: onlyIfOverdue && pick % 4 === 0 };
  });
}

function mutateStep([set, change, pick, after]: [
  SetChange['set'],
  SetChange['change'],
  number,
  number,
]): Step {
  return called(
    `mutate ${set} ${change} ${pick} ${after}`,
    (model) => {
      const there = model.in(set);
      const jids = [there[pick % Math.max(there.length, 1)]?.jid ?? 'not-there'];
      return { do: 'mutate', change: { set, change, jids, deadFor: after * SECOND } };
    },
    true,
  );
}
