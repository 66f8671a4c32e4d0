/**
 * Deadlines: a job that was not handed out in time is deleted, by the hand-out that meets it or by a sweep. Runs inside a turn.
 */
import type { Micros } from '@faktory-ts/protocol';
import { PORTION_BYTES, Portion } from '../commit/portion.ts';
import type { Queue } from '../state/counts.ts';
import { JOB_BYTES, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { type Carrier, happened } from './moments.ts';
import { leave, queueOf } from './timed.ts';

interface Row extends Carrier {
  readonly place: number;
  readonly queue: number;
  readonly deadline: number | null;
  readonly bytes: number;
}

const COLUMNS = `id, place, queue, consequences, bits, deadline, ${JOB_BYTES} AS bytes`;
const HEAD = `SELECT ${COLUMNS} FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT ? + 0`; // "+ 0": see take.ts
const WAITING = `deadline IS NOT NULL AND place < ${place.working}`;
const LATE = `SELECT ${COLUMNS} FROM job INDEXED BY job_deadline
  WHERE ${WAITING} AND deadline <= ? ORDER BY deadline LIMIT ?`;
const NEXT = `SELECT deadline FROM job INDEXED BY job_deadline WHERE ${WAITING} ORDER BY deadline LIMIT 1`;
const DROP = 'DELETE FROM job WHERE id = ?';

const MOST_LATE = 200; // jobs past their deadline that one fetch deletes

/** What one fetch may still delete. */
export class LateBudget {
  #rows = MOST_LATE;
  #bytes = PORTION_BYTES;

  /** Counts one job; false: the budget is used up. */
  spend(bytes: number): boolean {
    if (this.#rows <= 0 || this.#bytes <= 0) return false;
    this.#rows -= 1;
    this.#bytes -= bytes;
    return true;
  }
}

/**
 * Deletes what is too late among the next `count` jobs of a queue, as far as `budget` goes. False: it did not suffice, and the head
 * of the queue may still be too late.
 */
export function dropLate(store: Store, queue: Queue, count: number, budget: LateBudget): boolean {
  const now = store.clock();
  for (;;) {
    const rows = store.sql(HEAD).all(queue.id, count) as unknown as Row[];
    const late = rows.filter(({ deadline }) => deadline !== null && deadline <= now);
    if (late.length === 0) return true;
    for (const row of late) {
      if (!budget.spend(row.bytes)) return false;
      expire(store, row);
    }
  }
}

/**
 * Deletes up to `limit` jobs of ready, scheduled and retries whose deadline has passed, and one bite
 * by bytes. Returns how many.
 */
export function sweep(store: Store, limit: number): number {
  const found = store.sql(LATE).all(store.clock(), limit) as unknown as Row[];
  const bite = new Portion(limit);
  const full = found.findIndex(({ bytes }) => bite.isFull(bytes));
  const rows = full < 0 ? found : found.slice(0, full);
  for (const row of rows) expire(store, row);
  // A fetch may have passed these queues over because too many jobs at their heads were late.
  const ready = rows.filter((row) => row.place === place.ready);
  for (const id of new Set(ready.map(({ queue }) => queue))) store.counts.announce(queueOf(store, id));
  return rows.length;
}

/** When the next deadline of a waiting job passes. */
export function nextDeadline(store: Store): Micros | undefined {
  return (store.sql(NEXT).get() as { deadline: number } | undefined)?.deadline;
}

function expire(store: Store, row: Row): void {
  store.turn.begin();
  happened(store, row, 'expired');
  leave(store, row);
  store.write(DROP, row.id);
  store.meter.expired += 1;
}
