/**
 * Reads, extends and finds reservations. All functions run inside a turn, or in `Turn.read`.
 *
 * Note: two live jobs may share a jid, so use the reservation id too when it is known.
 */
import { excerpt, FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Reservation, ReservationRef } from '../../engine.ts';
import { BrokenInvariant } from '../commit/turn.ts';
import { fromColumn } from '../state/column.ts';
import { DOCUMENT, documentIn } from '../state/document.ts';
import { NO_END } from '../state/leases.ts';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { endAfter } from '../state/times.ts';
import type { WorkingJob } from '../state/working-set.ts';
import { queueOf } from './timed.ts';

/** The row of a reserved job. */
export interface HeldRow {
  jid: string;
  enqueued_at: number;
  document: string;
  failure: string | null;
  queue: number;
  seq: number;
  due: number;
  wid: number;
  losses: number;
  attempts: string | null;
}

const IN_WORKING = `place = ${place.working} AND place > ${place.ready}`;
const HELD_COLUMNS = `jid, enqueued_at, ${DOCUMENT} AS document, failure, queue, seq, due, wid, losses, attempts`;
const BY_ID = `SELECT ${HELD_COLUMNS} FROM job WHERE id = ?`;
/** Without the document, which may have 8 MB. */
const LIGHT_BY_ID = 'SELECT queue, due FROM job WHERE id = ?';
const OVERDUE = `SELECT id FROM job INDEXED BY job_timed WHERE ${IN_WORKING} AND due <= ? ORDER BY due LIMIT ?`;
const NEXT_END = `SELECT due FROM job INDEXED BY job_timed WHERE ${IN_WORKING} ORDER BY due LIMIT 1`;
const OF_WORKER = `SELECT id FROM job INDEXED BY job_timed
  WHERE ${IN_WORKING} AND due = ${NO_END} AND wid = ? LIMIT ?`;
const MOST_READ = 4 * 1024 * 1024; // characters of documents that one call reads, plus one document

/** Returns the reservation; undefined: there is none. */
export function read(store: Store, which: ReservationRef): Reservation | undefined {
  const held = findHeld(store, which);
  return held && reservation(store, rowOf(store, held));
}

/**
 * Finds the reservation. For a caller of some queues that is the oldest of the jid in these queues. Throws FORBIDDEN when the jid has
 * reservations in other queues only. Writes nothing.
 */
export function findHeld(
  store: Store,
  { jid, reservationId, queues }: ReservationRef,
): WorkingJob | undefined {
  const oldest = store.workingSet.find(jid, reservationId);
  if (oldest === undefined || queues === undefined) return oldest;
  for (let held: WorkingJob | undefined = oldest; held; held = held.later) {
    if (queues.has(queueNameOf(store, held))) return held;
    if (reservationId !== undefined) break;
  }
  const text = `not permitted: this token ends jobs of ${[...queues].join(', ')} only, and ${excerpt(jid)} is of another queue`;
  throw new FaktoryError('FORBIDDEN', text);
}

const queueNameOf = (store: Store, held: WorkingJob): string =>
  held.kind?.queue ?? queueOf(store, lightRowOf(store, held).queue).name;

const HOLDS_ONE = `SELECT 1 FROM job INDEXED BY job_timed WHERE ${IN_WORKING} AND wid = ? LIMIT 1`;

/** The owner of the worker while it has a job reserved; undefined: none. */
export function ownerOf(store: Store, wid: string): string | undefined {
  const id = store.counts.workers.get(wid);
  const owner = id === undefined ? '' : store.counts.ownerOf(id);
  if (id === undefined || owner === '') return undefined;
  return store.sql(HOLDS_ONE).get(id) === undefined ? undefined : owner;
}

/**
 * Extends the reservation to `span` from now; never shortens it. Returns false when there is none.
 */
export function extend(store: Store, which: ReservationRef, span: Micros): boolean {
  const held = findHeld(store, which);
  if (!held) return false;
  const until = endAfter(store.clock(), span);
  if (lightRowOf(store, held).due >= until) return true;
  store.turn.begin();
  store.write('UPDATE job SET due = ? WHERE id = ?', until, held.id);
  return true;
}

/**
 * Returns expired reservations and those of workers whose lease has ended; about 4 MB of documents
 * at most.
 */
export function overdue(store: Store, limit: number): Reservation[] {
  const ids = store.sql(OVERDUE).all(store.clock(), limit) as { id: number }[];
  for (const { wid } of store.leases.ended()) {
    if (ids.length >= limit) break;
    ids.push(...(store.sql(OF_WORKER).all(store.worker(wid), limit - ids.length) as { id: number }[]));
  }
  const found: Reservation[] = [];
  let length = 0;
  for (const { id } of ids) {
    const one = reservation(store, rowOf(store, { id }));
    length += one.document.length + (one.failure?.length ?? 0) + (one.attempts?.length ?? 0);
    found.push(one);
    if (length > MOST_READ) break;
  }
  return found;
}

/** Whether the reservation has expired. */
export function isOverdue(store: Store, held: WorkingJob): boolean {
  const { lease } = held;
  return lease ? store.leases.isOver(lease) : lightRowOf(store, held).due <= store.clock();
}

/** When the first reservation expires; undefined: there is none. */
export function nextEnd(store: Store): Micros | undefined {
  const row = store.sql(NEXT_END).get() as { due: number } | undefined;
  const ends = [row?.due, store.leases.earliest()].filter((due) => due !== undefined && due !== NO_END);
  return ends.length > 0 ? Math.min(...(ends as Micros[])) : undefined;
}

/** Returns the row of a reserved job. */
export function rowOf(store: Store, held: Pick<WorkingJob, 'id'>): HeldRow {
  const row = rowWith<HeldRow>(store, BY_ID, held);
  row.document = documentIn(row.document);
  return row;
}

function lightRowOf(store: Store, held: WorkingJob): Pick<HeldRow, 'queue' | 'due'> {
  return rowWith(store, LIGHT_BY_ID, held);
}

function rowWith<Row>(store: Store, sql: string, { id }: Pick<WorkingJob, 'id'>): Row {
  const row = store.sql(sql).get(id) as Row | undefined;
  if (!row) throw new BrokenInvariant(`job ${id} is reserved but has no row`);
  return row;
}

function reservation(store: Store, row: HeldRow): Reservation {
  const wid = store.counts.workerOfId.get(row.wid) ?? '';
  const lease = row.due === NO_END ? store.leases.known(wid) : undefined;
  const jid = fromColumn(row.jid);
  return {
    jid,
    wid,
    queue: store.counts.queueOfId.get(row.queue)?.name ?? '',
    reservationId: row.seq,
    takenAt: store.workingSet.find(jid, row.seq)?.takenAt ?? row.seq,
    expiresAt: lease ? store.leases.endOf(lease) : row.due,
    enqueuedAt: row.enqueued_at,
    document: row.document,
    failure: row.failure ?? undefined,
    leased: lease !== undefined,
    losses: row.losses,
    ...(lease?.lost !== undefined && { others: lease.lost - 1 }),
    ...(row.attempts && { attempts: row.attempts }),
  };
}
