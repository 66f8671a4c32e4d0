/**
 * The working set: taking a job, ending its reservation, extending it.
 *
 * All functions run inside a turn. A job of the working set has `seq` = the number of its hand-out and `due` = its
 * expiry. Two live jobs may share a jid, so a reservation is found by jid *and* number wherever the number is known.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Held, Outcome, Reservation, Verdict } from '../engine.ts';
import { fromColumn, toColumn } from './column.ts';
import type { Queue } from './counts.ts';
import { NO_WORKER, place } from './schema.ts';
import type { Store } from './store.ts';
import { queueOf } from './timed.ts';
import { BrokenInvariant } from './turn.ts';

const SECOND = 1_000_000; // µs

type ReadyRow = [
  id: number,
  jid: string,
  reserve: number,
  enqueuedAt: number,
  document: string,
  failure: string | null,
];

interface HeldRow {
  id: number;
  jid: string;
  enqueued_at: number;
  document: string;
  failure: string | null;
  queue: number;
  priority: number;
  seq: number;
  due: number;
  wid: number;
}

const OLDEST = `SELECT id, jid, reserve, enqueued_at, document, failure FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT 1`;
const TAKE = `UPDATE job SET place = ${place.working}, seq = ?, due = ?, wid = ? WHERE id = ?`;
const IN_WORKING = `place = ${place.working} AND place > ${place.ready}`;
const HELD_COLUMNS = 'id, jid, enqueued_at, document, failure, queue, priority, seq, due, wid';
const BY_JID = `SELECT ${HELD_COLUMNS} FROM job INDEXED BY job_jid WHERE jid = ? AND ${IN_WORKING} ORDER BY seq LIMIT 1`;
const BY_NUMBER = `SELECT ${HELD_COLUMNS} FROM job INDEXED BY job_jid WHERE jid = ? AND ${IN_WORKING} AND seq = ?`;
// An ACK that nobody needs to look at: one statement instead of two saved 2 of 4.4 µs (Node 20).
const DROP_BY_JID = `DELETE FROM job WHERE id =
  (SELECT id FROM job INDEXED BY job_jid WHERE jid = ? AND ${IN_WORKING} ORDER BY seq LIMIT 1)`;
const DROP = 'DELETE FROM job WHERE id = ?';
const PARK = `UPDATE job SET place = ?, due = ?, failure = ?, wid = ${NO_WORKER} WHERE id = ?`;
const PUT_BACK = `UPDATE job SET place = ${place.ready}, wid = ${NO_WORKER}, seq =
  coalesce((SELECT min(seq) - 1 FROM job INDEXED BY job_ready WHERE place = ${place.ready} AND queue = ? AND priority = ?), seq)
  WHERE id = ?`;
const OVERDUE = `SELECT ${HELD_COLUMNS} FROM job INDEXED BY job_timed
  WHERE ${IN_WORKING} AND due <= ? ORDER BY due LIMIT ?`;
const DROP_OLDEST_DEAD = `DELETE FROM job WHERE id IN (SELECT id FROM job INDEXED BY job_timed
  WHERE place = ${place.dead} AND place > ${place.ready} ORDER BY due LIMIT ?)`;

/** Moves the queue's next job to the working set. The caller knows that there is one. */
export function take(store: Store, queue: Queue, wid: string): Reservation {
  const row = store.rows(OLDEST).get(queue.id) as ReadyRow | undefined;
  if (!row) {
    const counted = store.counts.readyIn(queue);
    throw new BrokenInvariant(`queue ${queue.name} is counted at ${counted} but has no job`);
  }
  const [id, jid, reserve, enqueuedAt, document, failure] = row;
  store.turn.begin();
  const now = store.clock();
  const hold = store.counts.next(now);
  const expiresAt = now + reserve * SECOND;
  store.sql(TAKE).run(hold, expiresAt, store.worker(wid), id);
  store.counts.moveReady(queue, -1);
  store.enter(place.working, expiresAt);
  return {
    jid: fromColumn(jid),
    wid,
    queue: queue.name,
    hold,
    expiresAt,
    enqueuedAt,
    document,
    failure: failure ?? undefined,
  };
}

/** Ends a reservation. False: nobody holds it. */
export function settle(store: Store, which: Held, verdict: Verdict, deadLimit: number): boolean {
  if (which.hold === undefined && typeof verdict === 'object' && verdict.to === 'done') {
    if (store.counts.sizeOf(place.working) === 0) return false;
    store.turn.begin();
    if (Number(store.sql(DROP_BY_JID).run(toColumn(which.jid)).changes) === 0) return false;
    store.counts.move(place.working, -1);
    store.counts.count(false);
    return true;
  }
  const row = find(store, which);
  if (!row) return false;
  const outcome = typeof verdict === 'function' ? verdict(reservation(store, row)) : verdict;
  if (!outcome) return false;
  store.turn.begin();
  store.counts.move(place.working, -1);
  end(store, row, outcome, deadLimit);
  return true;
}

function end(store: Store, row: HeldRow, outcome: Outcome, deadLimit: number): void {
  switch (outcome.to) {
    case 'done':
    case 'forgotten':
      store.sql(DROP).run(row.id);
      store.counts.count(outcome.to === 'forgotten');
      return;
    case 'queue':
      putBack(store, row);
      return;
    case 'retries':
    case 'dead':
      store.sql(PARK).run(place[outcome.to], outcome.due, outcome.failure, row.id);
      store.enter(place[outcome.to], outcome.due);
      store.counts.count(true);
      if (outcome.to === 'dead') capDead(store, deadLimit);
  }
}

function putBack(store: Store, row: HeldRow): void {
  store.sql(PUT_BACK).run(row.queue, row.priority, row.id);
  store.arrive(queueOf(store, row.queue), 1);
}

/** Lets the oldest dead entries go until the set is within its cap. */
export function capDead(store: Store, limit: number): void {
  const excess = store.counts.sizeOf(place.dead) - limit;
  if (limit === 0 || excess <= 0) return;
  store.sql(DROP_OLDEST_DEAD).run(excess);
  store.counts.move(place.dead, -excess);
}

/** Moves an expiry later. False: not held, or it ends later anyway. */
export function extend(store: Store, which: Held, until: Micros): boolean {
  const row = find(store, which);
  if (!row || row.due >= until) return false;
  store.turn.begin();
  store.sql('UPDATE job SET due = ? WHERE id = ?').run(until, row.id);
  return true;
}

/** The reservations whose time is over. */
export function overdue(store: Store, limit: number): Reservation[] {
  const rows = store.sql(OVERDUE).all(store.clock(), limit) as HeldRow[];
  return rows.map((row) => reservation(store, row));
}

function find(store: Store, which: Held): HeldRow | undefined {
  const { hold } = which;
  const jid = toColumn(which.jid);
  const row = hold === undefined ? store.sql(BY_JID).get(jid) : store.sql(BY_NUMBER).get(jid, hold);
  return row as HeldRow | undefined;
}

function reservation(store: Store, row: HeldRow): Reservation {
  return {
    jid: fromColumn(row.jid),
    wid: store.counts.workerOfId.get(row.wid) ?? '',
    queue: store.counts.queueOfId.get(row.queue)?.name ?? '',
    hold: row.seq,
    expiresAt: row.due,
    enqueuedAt: row.enqueued_at,
    document: row.document,
    failure: row.failure ?? undefined,
  };
}
