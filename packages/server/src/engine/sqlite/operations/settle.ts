/**
 * Ends reservations: for ACK, FAIL, releases and lost workers. All functions run inside a turn.
 */
import { jobtypeOf } from '@faktory-ts/protocol';
import {
  type Ending,
  type Kind,
  longCall,
  type Outcome,
  type ReservationRef,
  type SettleWhen,
} from '../../engine.ts';
import { Portion } from '../commit/portion.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { endAfter } from '../state/times.ts';
import type { WorkingJob } from '../state/working-set.ts';
import { capDeadSoon } from './cap-dead.ts';
import { happenedTo } from './moments.ts';
import { findHeld, type HeldRow, isOverdue, rowOf } from './reservations.ts';
import { queueOf } from './timed.ts';

const SECOND = 1_000_000; // µs
const DROP = 'DELETE FROM job WHERE id = ?';
const PARK = `UPDATE job SET place = ?, due = ?, seq = ?, failure = ?, attempts = coalesce(?, attempts), losses = losses + ?, wid = ${NO_WORKER}
  WHERE id = ?`;
const PUT_BACK = `UPDATE job AS mine SET place = ${place.ready}, wid = ${NO_WORKER}, seq =
  coalesce((SELECT min(seq) - 1 FROM job INDEXED BY job_ready
    WHERE place = ${place.ready} AND queue = mine.queue AND priority = mine.priority), seq)
  WHERE id = ? RETURNING queue`;
const TO_TAIL = 'UPDATE job SET seq = ? WHERE id = ?';

/** Ends a reservation. Returns false when there is none, or when it must be overdue and is not. */
export function settle(
  store: Store,
  which: ReservationRef,
  outcome: Outcome,
  deadLimit: number,
  when?: SettleWhen,
): boolean {
  const held = findHeld(store, which);
  if (!held || (when?.onlyIfOverdue && !isOverdue(store, held))) return false;
  store.turn.begin();
  store.workingSet.remove(which.jid, held);
  store.gates.release(held.reservationId);
  store.counts.move(place.working, -1);
  count(store, which.jid, held, outcome);
  happenedTo(store, held.id, WAY_OF[outcome.to]);
  end(store, held, outcome, deadLimit);
  return true;
}

/** Whether there are so many that short operations need not wait for them. */
export const areMany = (ends: readonly Ending[]): boolean => ends.length > longCall.settle;

/** Ends reservations in one commit, in parts. Returns for each whether it was ended. */
export function* settleInParts(
  store: Store,
  ends: readonly Ending[],
  deadLimit: number,
): Generator<void, readonly boolean[]> {
  permitAll(store, ends);
  const ended: boolean[] = [];
  const part = new Portion(); // a failure takes up to 0.1 ms
  for (const end of ends) {
    if (part.isFull(sizeOf(store, end))) yield;
    ended.push(settle(store, end.held, end.outcome, deadLimit, end));
  }
  return ended;
}

/** The size of what this end deletes or writes. */
function sizeOf(store: Store, { held: { jid, reservationId }, outcome }: Ending): number {
  const size = store.workingSet.find(jid, reservationId)?.size ?? 0;
  return 'failure' in outcome ? size + outcome.failure.length + (outcome.attempts?.length ?? 0) : size;
}

/** Throws FORBIDDEN for the first that is not permitted, before any is ended. */
function permitAll(store: Store, ends: readonly Ending[]): void {
  for (const { held } of ends) if (held.queues) findHeld(store, held);
}

const WAY_OF = {
  done: 'done',
  retries: 'retries',
  dead: 'failedForGood',
  discarded: 'discarded',
  queue: 'ready',
} as const;

const COUNTED = {
  done: 'done',
  retries: 'failed',
  dead: 'dead',
  discarded: 'discarded',
  queue: 'released',
} as const;

function count(store: Store, jid: string, held: WorkingJob, outcome: Outcome): void {
  const kind = held.kind ?? kindOf(store, rowOf(store, held));
  kind[COUNTED[outcome.to]]++;
  if (outcome.to === 'queue') return;
  if ('lost' in outcome && outcome.lost) kind.lost++;
  if ('error' in outcome && outcome.error) {
    store.history.faults.add(outcome.error, kind.jobtype, jid, store.clock());
  }
  // A reservation taken before a restart has no steady time: use the wall clock.
  const { since } = held;
  const ran = since === undefined ? store.clock() - held.takenAt : store.steady() - since;
  const seconds = Math.max(ran, 0) / SECOND;
  kind.run.add(seconds);
  store.meter.ended?.(kind, seconds, outcome.to !== 'done');
}

function kindOf(store: Store, { queue, document }: HeldRow): Kind {
  return store.meter.kind(queueOf(store, queue).name, jobtypeOf(document));
}

function end(store: Store, { id }: WorkingJob, outcome: Outcome, deadLimit: number): void {
  switch (outcome.to) {
    case 'done':
    case 'discarded':
      store.write(DROP, id);
      store.counts.count(outcome.to === 'discarded');
      return;
    case 'queue': {
      const { queue: number } = store.sql(PUT_BACK).get(id) as { queue: number };
      const queue = queueOf(store, number);
      // The removal of a queue deletes low `seq` values. This job was reserved when it began, so it
      // must stay.
      if (queue.removing !== undefined) store.write(TO_TAIL, store.counts.next(store.clock()), id);
      store.arrive(queue, 1);
      return;
    }
    case 'retries':
    case 'dead': {
      const { failure, attempts = null, lost } = outcome;
      const now = store.clock();
      const due = endAfter(now, outcome.in);
      store.write(PARK, place[outcome.to], due, now, failure, attempts, lost ? 1 : 0, id);
      store.enter(place[outcome.to], due);
      store.counts.count(true);
      if (outcome.to === 'dead') capDeadSoon(store, deadLimit);
    }
  }
}
