/**
 * The working set: taking a job, ending its reservation, extending it.
 *
 * All functions run inside a turn. A job of the working set has `seq` = the number of its hand-out and `due` = its
 * expiry. Two live jobs may share a jid, so a reservation is found by jid *and* number wherever the number is known;
 * `holds` knows its row.
 */
import { excerpt, FaktoryError, jobtypeOf, type Micros } from '@faktory-ts/protocol';
import type { FetchAsk, Held, Kind, Outcome, Reservation, Verdict } from '../engine.ts';
import { fromColumn } from './column.ts';
import type { Queue } from './counts.ts';
import { FORMER, type Former } from './former.ts';
import type { Hold } from './holds.ts';
import { NO_END } from './leases.ts';
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
  losses: number,
];

/** A row of many: the document of a large one is read by itself, because all of them may be more than fits. */
type ManyRow = [...ReadyRow, bytes: number];

const SMALL = 4096; // bytes of a job that is read together with others
const MOST_BYTES = 2 * 1024 * 1024; // of the jobs of one hand-out of many; a single one may be larger

interface HeldRow {
  jid: string;
  enqueued_at: number;
  document: string;
  failure: string | null;
  queue: number;
  seq: number;
  due: number;
  wid: number;
  losses: number;
  attempts?: string | null;
}

const OLDEST = `SELECT id, jid, reserve, enqueued_at, document, failure, losses FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT ?`;
const BYTES = 'octet_length(document) + coalesce(octet_length(failure), 0)';
const MANY = `SELECT id, jid, reserve, enqueued_at, iif(${BYTES} <= ${SMALL}, document, ''),
  iif(${BYTES} <= ${SMALL}, failure, NULL), losses, ${BYTES}
  FROM job INDEXED BY job_ready WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT ?`;
const TEXTS = 'SELECT document, failure FROM job WHERE id = ?';
const TAKE = `UPDATE job SET place = ${place.working}, seq = ?, due = ?, wid = ? WHERE id = ?`;
const IN_WORKING = `place = ${place.working} AND place > ${place.ready}`;
const HELD_COLUMNS = 'jid, enqueued_at, document, failure, queue, seq, due, wid, losses';
const BY_ID = `SELECT ${HELD_COLUMNS}, attempts FROM job WHERE id = ?`;
const DROP = 'DELETE FROM job WHERE id = ?';
const PARK = `UPDATE job SET place = ?, due = ?, seq = ?, failure = ?, attempts = coalesce(?, attempts), losses = losses + ?, wid = ${NO_WORKER}
  WHERE id = ?`;
const PUT_BACK = `UPDATE job AS mine SET place = ${place.ready}, wid = ${NO_WORKER}, seq =
  coalesce((SELECT min(seq) - 1 FROM job INDEXED BY job_ready
    WHERE place = ${place.ready} AND queue = mine.queue AND priority = mine.priority), seq)
  WHERE id = ? RETURNING queue`;
const TO_TAIL = 'UPDATE job SET seq = ? WHERE id = ?';
const OVERDUE = `SELECT ${HELD_COLUMNS} FROM job INDEXED BY job_timed
  WHERE ${IN_WORKING} AND due <= ? ORDER BY due LIMIT ?`;
const NEXT_END = `SELECT due FROM job INDEXED BY job_timed WHERE ${IN_WORKING} ORDER BY due LIMIT 1`;
const OF_WORKER = `SELECT ${HELD_COLUMNS} FROM job INDEXED BY job_timed
  WHERE ${IN_WORKING} AND due = ${NO_END} AND wid = ? LIMIT ?`;
const OLDEST_DEAD = `FROM job INDEXED BY job_timed
  WHERE place = ${place.dead} AND place > ${place.ready} ORDER BY due, id LIMIT ?`;
const DROP_OLDEST_DEAD = `DELETE FROM job WHERE id IN (SELECT id ${OLDEST_DEAD})`;

/**
 * Moves up to `count` jobs to the working set: queue by queue in the asked order, of each the next ones; several together have at most
 * some megabytes.
 */
export function take(store: Store, ask: FetchAsk, count: number): Reservation[] {
  const taken: Reservation[] = [];
  const room = { bytes: MOST_BYTES };
  for (const name of ask.queues) {
    if (taken.length === count || room.bytes <= 0) break;
    const queue = store.counts.queues.get(name);
    if (!queue || queue.paused || queue.removing !== undefined) continue;
    const most = Math.min(count - taken.length, store.counts.readyIn(queue));
    if (most > 0) takeOf(store, queue, ask, most, taken, room);
  }
  return taken;
}

/** The caller knows that there are so many. */
function takeOf(
  store: Store,
  queue: Queue,
  { wid, owner, lease }: FetchAsk,
  count: number,
  taken: Reservation[],
  room: { bytes: number },
): void {
  const one = count === 1;
  const found = one ? [store.rows(OLDEST).get(queue.id, 1)] : store.rows(MANY).all(queue.id, count);
  const ready = found.filter((row) => row !== undefined) as (ReadyRow | ManyRow)[];
  if (ready.length < count) {
    const counted = store.counts.readyIn(queue);
    throw new BrokenInvariant(`queue ${queue.name} is counted at ${counted} but has ${ready.length} jobs`);
  }
  const rows = one ? (ready as ReadyRow[]) : withTexts(store, ready as ManyRow[], taken.length > 0, room);
  if (rows.length === 0) return;
  store.turn.begin();
  const now = store.clock();
  const worker = store.worker(wid, owner);
  const leased = lease ? store.leases.heard(wid) : undefined;
  const leaseEnd = leased && store.leases.endOf(leased);
  const since = store.steady();
  for (const [id, jid, reserve, enqueuedAt, document, failure, losses] of rows) {
    const hold = store.counts.next(now);
    const expiresAt = leaseEnd ?? now + reserve * SECOND;
    store.write(TAKE, hold, leased ? NO_END : expiresAt, worker, id);
    store.enter(place.working, expiresAt);
    const name = fromColumn(jid);
    const kind = store.meter.kind(queue.name, jobtypeOf(document));
    kind.fetched++;
    kind.wait.add(Math.max(now - enqueuedAt, 0) / SECOND);
    store.holds.add(name, id, hold, leased, kind, since);
    taken.push({
      jid: name,
      wid,
      queue: queue.name,
      hold,
      expiresAt,
      enqueuedAt,
      document,
      failure: failure ?? undefined,
      leased: leased !== undefined,
      losses,
    });
  }
  store.counts.moveReady(queue, -rows.length);
}

/** The first rows that there is room for, at least one of all; with the texts of the large ones. Takes their room. */
function withTexts(
  store: Store,
  rows: readonly ManyRow[],
  others: boolean,
  room: { bytes: number },
): ReadyRow[] {
  const fitting: ReadyRow[] = [];
  for (const row of rows) {
    const [id, jid, reserve, enqueuedAt, , , losses, bytes] = row;
    room.bytes -= bytes;
    if (room.bytes < 0 && (others || fitting.length > 0)) break;
    if (bytes <= SMALL) {
      fitting.push(row as unknown as ReadyRow);
      continue;
    }
    const [document, failure] = store.rows(TEXTS).get(id) as [string, string | null];
    fitting.push([id, jid, reserve, enqueuedAt, document, failure, losses]);
  }
  return fitting;
}

/** Ends a reservation. False: nobody holds it, or the verdict leaves it. */
export function settle(store: Store, which: Held, verdict: Verdict, deadLimit: number): boolean {
  if (which.queues) permit(store, which);
  const held = store.holds.find(which.jid, which.hold);
  if (!held) return false;
  const outcome = typeof verdict === 'function' ? verdict(reservation(store, rowOf(store, held))) : verdict;
  if (!outcome) return false;
  store.turn.begin();
  store.holds.remove(which.jid, held);
  store.counts.move(place.working, -1);
  count(store, which.jid, held, outcome);
  end(store, held, outcome, deadLimit);
  return true;
}

const MOST_ENDED = 250; // between two looks at the event loop: a failure takes up to 0.1 ms

/** Ends many reservations in one commit, in parts; tells of each whether it was held. */
export function* settleMany(
  store: Store,
  ends: readonly { readonly held: Held; readonly verdict: Verdict }[],
  deadLimit: number,
): Generator<void, readonly boolean[]> {
  for (const { held: which } of ends) if (which.queues) permit(store, which);
  const told: boolean[] = [];
  for (const { held: which, verdict } of ends) {
    if (told.length > 0 && told.length % MOST_ENDED === 0) yield;
    told.push(settle(store, which, verdict, deadLimit));
  }
  return told;
}

/** Throws FORBIDDEN for a held job of another queue than those that are meant. Writes nothing. */
function permit(store: Store, { jid, hold, queues }: Held): void {
  const held = queues && store.holds.find(jid, hold);
  if (!held) return;
  const queue = held.kind?.queue ?? queueOf(store, rowOf(store, held).queue).name;
  if (queues.has(queue)) return;
  const text = `not permitted: this token ends jobs of ${[...queues].join(', ')} only, and ${excerpt(jid)} is of another queue`;
  throw new FaktoryError('FORBIDDEN', text);
}

const HOLDS_ONE = `SELECT 1 FROM job INDEXED BY job_timed WHERE ${IN_WORKING} AND wid = ? LIMIT 1`;

/** Whose the worker is, while it holds a job. */
export function ownerOf(store: Store, wid: string): string | undefined {
  const id = store.counts.workers.get(wid);
  const owner = id === undefined ? '' : store.counts.ownerOf(id);
  if (id === undefined || owner === '') return undefined;
  return store.sql(HOLDS_ONE).get(id) === undefined ? undefined : owner;
}

const COUNTED = {
  done: 'done',
  retries: 'failed',
  dead: 'dead',
  forgotten: 'discarded',
  queue: 'released',
} as const;

function count(store: Store, jid: string, held: Hold, outcome: Outcome): void {
  const kind = held.kind ?? kindOf(store, rowOf(store, held));
  kind[COUNTED[outcome.to]]++;
  if (outcome.to === 'queue') return;
  if ('lost' in outcome && outcome.lost) kind.lost++;
  if ('error' in outcome && outcome.error) {
    store.history.faults.add(outcome.error, kind.jobtype, jid, store.clock());
  }
  // What was taken before a restart has only its time on the wall clock.
  const { since } = held;
  const ran = since === undefined ? store.clock() - held.hold : store.steady() - since;
  const seconds = Math.max(ran, 0) / SECOND;
  kind.run.add(seconds);
  store.meter.ended?.(kind, seconds, outcome.to !== 'done');
}

function kindOf(store: Store, { queue, document }: HeldRow): Kind {
  return store.meter.kind(queueOf(store, queue).name, jobtypeOf(document));
}

function end(store: Store, { id }: Hold, outcome: Outcome, deadLimit: number): void {
  switch (outcome.to) {
    case 'done':
    case 'forgotten':
      store.write(DROP, id);
      store.counts.count(outcome.to === 'forgotten');
      return;
    case 'queue': {
      const { queue: number } = store.sql(PUT_BACK).get(id) as { queue: number };
      const queue = queueOf(store, number);
      // The head of a queue that is being removed goes; this job was elsewhere when that began.
      if (queue.removing !== undefined) store.write(TO_TAIL, store.counts.next(store.clock()), id);
      store.arrive(queue, 1);
      return;
    }
    case 'retries':
    case 'dead': {
      const { due, failure, attempts = null, lost } = outcome;
      store.write(PARK, place[outcome.to], due, store.clock(), failure, attempts, lost ? 1 : 0, id);
      store.enter(place[outcome.to], outcome.due);
      store.counts.count(true);
      if (outcome.to === 'dead') capDead(store, deadLimit);
    }
  }
}

/** Lets the oldest dead entries go until the set is within its cap; tells of each before, if somebody keeps them. */
export function capDead(store: Store, limit: number, onGone?: (row: Former) => void): void {
  const excess = store.counts.sizeOf(place.dead) - limit;
  if (limit === 0 || excess <= 0) return;
  if (onGone)
    for (const row of store.sql(`SELECT ${FORMER} ${OLDEST_DEAD}`).all(excess) as Former[]) onGone(row);
  store.write(DROP_OLDEST_DEAD, excess);
  store.counts.move(place.dead, -excess);
  store.meter.evicted += excess;
}

/** Moves an expiry later, never earlier. False: not held. */
export function extend(store: Store, which: Held, until: Micros): boolean {
  if (which.queues) permit(store, which);
  const held = store.holds.find(which.jid, which.hold);
  if (!held) return false;
  if (rowOf(store, held).due >= until) return true;
  store.turn.begin();
  store.write('UPDATE job SET due = ? WHERE id = ?', until, held.id);
  return true;
}

/** The reservations whose time is over, and those of workers that were not heard in time. */
export function overdue(store: Store, limit: number): Reservation[] {
  const rows = store.sql(OVERDUE).all(store.clock(), limit) as HeldRow[];
  for (const { wid } of store.leases.ended()) {
    if (rows.length >= limit) break;
    rows.push(...(store.sql(OF_WORKER).all(store.worker(wid), limit - rows.length) as HeldRow[]));
  }
  return rows.map((row) => reservation(store, row));
}

/** When the first reservation ends; undefined means there is none. */
export function nextEnd(store: Store): Micros | undefined {
  const row = store.sql(NEXT_END).get() as { due: number } | undefined;
  const ends = [row?.due, store.leases.earliest()].filter((due) => due !== undefined && due !== NO_END);
  return ends.length > 0 ? Math.min(...(ends as Micros[])) : undefined;
}

function rowOf(store: Store, { id }: Hold): HeldRow {
  const row = store.sql(BY_ID).get(id) as HeldRow | undefined;
  if (!row) throw new BrokenInvariant(`job ${id} is held but has no row`);
  return row;
}

function reservation(store: Store, row: HeldRow): Reservation {
  const wid = store.counts.workerOfId.get(row.wid) ?? '';
  const lease = row.due === NO_END ? store.leases.known(wid) : undefined;
  return {
    jid: fromColumn(row.jid),
    wid,
    queue: store.counts.queueOfId.get(row.queue)?.name ?? '',
    hold: row.seq,
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
