/**
 * Conformance: random histories of gates, compared with a model. Read `GateModel` as the short specification: which
 * hand-outs hold a slot at a moment, and how much of a rate is left.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Gate, Outcome, Reservation, SlotGate } from '../engine.ts';
import { entry, failure, HOUR, type Open, Scene, SECOND } from './scene.ts';

const LEASE = 15 * SECOND;
const SILENCE = 60 * SECOND;

interface Holder {
  readonly id: number;
  readonly wid: string;
  readonly leased: boolean;
  /** When each of its slots is over, by key. */
  readonly slots: Map<string, number>;
}

class GateModel {
  holders: Holder[] = [];
  /** Until when a worker is alive: by lease, and by beats. */
  readonly leases = new Map<string, number>();
  readonly beats = new Map<string, number>();
  /** When the whole burst is available again, by key. */
  readonly fullAt = new Map<string, number>();

  /** A slot is freed at its end or in its worker's silence, and never taken back. */
  free(now: number): void {
    for (const { wid, leased, slots } of this.holders) {
      const alive = (leased ? this.leases : this.beats).get(wid) ?? Number.POSITIVE_INFINITY;
      for (const [key, until] of slots) if (until <= now || alive <= now) slots.delete(key);
    }
  }

  held(key: string): number {
    return this.holders.filter(({ slots }) => slots.has(key)).length;
  }

  room(gate: Gate, now: number): number {
    if (gate.gate === 'slots') return gate.limit - this.held(gate.key);
    let [room, full] = [gate.burst, this.fullAt.get(gate.key) ?? now];
    for (; full > now; full -= gate.per) room -= 1;
    return room;
  }

  take(
    { reservationId: id }: Reservation,
    wid: string,
    leased: boolean,
    gates: readonly Gate[],
    now: number,
  ) {
    if (leased) this.leases.set(wid, now + LEASE);
    else if (wid !== '') this.beats.set(wid, now + SILENCE);
    const slots = gates.filter((gate): gate is SlotGate => gate.gate === 'slots');
    this.holders.push({ id, wid, leased, slots: new Map(slots.map(({ key, span }) => [key, now + span])) });
    for (const gate of gates) {
      if (gate.gate !== 'rate') continue;
      this.fullAt.set(gate.key, Math.max(this.fullAt.get(gate.key) ?? now, now) + gate.per);
    }
  }

  beat(wid: string, now: number): void {
    if (this.leases.has(wid)) this.leases.set(wid, now + LEASE);
    if (this.beats.has(wid)) this.beats.set(wid, now + SILENCE);
  }

  restart(now: number): void {
    for (const wid of this.leases.keys()) this.leases.set(wid, now + LEASE);
    for (const wid of this.beats.keys()) this.beats.set(wid, now + SILENCE);
  }
}

/** The gates of a queue for a worker. */
function gatesOf(queue: string, wid: string): readonly Gate[] {
  const shared: Gate = { gate: 'slots', key: `test:${queue}`, limit: 2, span: 100 * SECOND };
  const own: Gate = { gate: 'slots', key: `test:${queue}:${wid}`, limit: 1, span: 30 * SECOND };
  const rate: Gate = { gate: 'rate', key: `test:rate:${queue}`, per: 7 * SECOND, burst: 4 };
  return queue === 'red' ? [shared, own] : [shared, rate];
}

interface Run {
  readonly scene: Scene;
  readonly model: GateModel;
  readonly held: Reservation[];
}

type Step = (run: Run) => Promise<void>;

const queueNames = ['red', 'blue'];
const OUTCOMES: readonly Outcome[] = [
  { to: 'done' },
  { to: 'queue' },
  { to: 'discarded' },
  { to: 'retries', in: HOUR, failure: failure('no') },
  { to: 'dead', in: HOUR, failure: failure('no') },
];

const fetchStep =
  (queue: string, [wid, leased]: readonly [string, boolean], count: number): Step =>
  async ({ scene, model, held }) => {
    const gates = gatesOf(queue, wid);
    model.free(scene.now);
    const room = Math.max(Math.min(...gates.map((gate) => model.room(gate, scene.now))), 0);
    const ask = { queues: [queue], wid, lease: leased, gates: new Map([[queue, gates]]) };
    const { jobs, closed } = await scene.engine.fetchMany(ask, count);
    expect(jobs).toHaveLength(Math.min(room, count));
    for (const job of jobs) model.take(job, wid, leased, gates, scene.now);
    held.push(...jobs);
    const now = gates.find((gate) => model.room(gate, scene.now) <= 0);
    expect(closed.get(queue)).toBe(now?.key);
  };

const settleStep =
  (pick: number, outcome: Outcome): Step =>
  async ({ scene, model, held }) => {
    const [taken] = held.splice(pick % Math.max(held.length, 1), 1);
    if (!taken) return;
    model.holders = model.holders.filter(({ id }) => id !== taken.reservationId);
    expect(await scene.engine.settle(taken, outcome)).toBe(true);
  };

const passStep =
  (seconds: number): Step =>
  async ({ scene }) => {
    scene.now += seconds * SECOND;
  };

const beatStep =
  (wid: string): Step =>
  async ({ scene, model }) => {
    model.free(scene.now);
    model.beat(wid, scene.now);
    await scene.engine.handleDue('ends', 100); // else the beat may come before the engine has looked
    await scene.engine.beat(wid);
  };

const restartStep: Step = async ({ scene, model }) => {
  model.free(scene.now);
  await scene.engine.handleDue('ends', 100);
  await scene.restart();
  model.restart(scene.now);
};

const flushStep: Step = async ({ scene, model, held }) => {
  await scene.engine.flush();
  held.length = 0;
  model.holders = [];
  model.fullAt.clear();
  await refill(scene);
};

const refill = ({ engine }: Scene): Promise<unknown> =>
  engine.push(
    Array.from({ length: 120 }, (_, n) =>
      entry(`job-${n}`, { queue: queueNames[n % 2] ?? '', reserveFor: 86_400 }),
    ),
  );

const asker = fc.constantFrom(
  ['w1', false] as const,
  ['w2', false] as const,
  ['leased', true] as const,
  ['', false] as const,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(fc.constantFrom(...queueNames), asker, fc.integer({ min: 1, max: 4 }))
      .map((of) => fetchStep(...of)),
  },
  { weight: 4, arbitrary: fc.tuple(fc.nat(20), fc.constantFrom(...OUTCOMES)).map((of) => settleStep(...of)) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }).map(passStep) },
  { weight: 3, arbitrary: fc.constantFrom('w1', 'w2', 'leased').map(beatStep) },
  { weight: 1, arbitrary: fc.constant(restartStep) },
  { weight: 1, arbitrary: fc.constant(flushStep) },
);

export function exerciseRandomGates(open: Open): void {
  test('in random histories with restarts a gate lets pass exactly what the model does, never more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 150 }), async (steps) => {
        const run: Run = { scene: new Scene(open), model: new GateModel(), held: [] };
        await run.scene.begin({ deadLimit: 0 });
        try {
          await refill(run.scene);
          for (const each of steps) await each(run);
        } finally {
          await run.scene.end();
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
}
