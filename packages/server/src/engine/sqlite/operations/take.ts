/**
 * Takes ready jobs into the working set, for FETCH. Runs inside a turn.
 * A row in the working set has `seq` = its reservation id and `due` = its expiry.
 */
import { jobtypeOf } from '@faktory-ts/protocol';
import type { FetchAsk, Gate, Reservation, Taken } from '../../engine.ts';
import { BrokenInvariant } from '../commit/turn.ts';
import { fromColumn } from '../state/column.ts';
import type { Queue } from '../state/counts.ts';
import { DOCUMENT, documentIn } from '../state/document.ts';
import { NO_END } from '../state/leases.ts';
import { ENDS, JOB_BYTES, place } from '../state/schema.ts';
import type { SlotHolder } from '../state/slots.ts';
import type { Store } from '../state/store.ts';
import { endAfter } from '../state/times.ts';
import { dropLate, LateBudget } from './deadlines.ts';
import { happenedTo } from './moments.ts';

const SECOND = 1_000_000; // µs

type ReadyRow = [
  id: number,
  jid: string,
  reserve: number,
  enqueuedAt: number,
  document: string | Uint8Array,
  failure: string | null,
  losses: number,
];

/**
 * A row of a fetch of many jobs. A large document is read separately, because many together
 * may exceed the memory limit of one fetch.
 */
type ManyRow = [...ReadyRow, bytes: number];

const SMALL = 4096; // bytes: larger documents are read one by one
const MOST_BYTES = 2 * 1024 * 1024; // of all jobs of one fetch; a single job may be larger

// `LIMIT ?` makes SQLite compile the statement again for each call: 13 instead of 4 µs.
const OLDEST = `SELECT id, jid, reserve, enqueued_at, ${DOCUMENT}, failure, losses FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT 1`;
const MANY = `SELECT id, jid, reserve, enqueued_at, iif(${JOB_BYTES} <= ${SMALL}, document, ''),
  iif(${JOB_BYTES} <= ${SMALL}, failure, NULL), losses, ${JOB_BYTES}
  FROM job INDEXED BY job_ready WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq LIMIT ? + 0`;
const TEXTS = `SELECT ${DOCUMENT}, failure FROM job WHERE id = ?`;
const TAKE = `UPDATE job SET place = ${place.working}, seq = ?, due = ?, wid = ? WHERE id = ?`;

const MOST_SHORT = 100; // jobs that a short operation takes: a few ms

/** Whether so many jobs take so long that short operations need not wait for them. */
export const isLongTake = (count: number): boolean => count > MOST_SHORT;

const NONE_CLOSED: Taken['closed'] = new Map();

/**
 * Moves up to `count` jobs to the working set and returns them: queue by queue in the order of the
 * request, in each queue by priority and age. Several jobs have at most 2 MiB together.
 */
export function take(store: Store, ask: FetchAsk, count: number): Taken {
  const taken: Reservation[] = [];
  const room = { bytes: MOST_BYTES };
  const late = new LateBudget();
  let closed: Map<string, string> | undefined;
  for (const name of ask.queues) {
    if (taken.length === count || room.bytes <= 0) break;
    const queue = store.counts.queues.get(name);
    if (!queue || queue.paused || queue.removing !== undefined || store.counts.readyIn(queue) === 0) continue;
    const gates = ask.gates?.get(name);
    const free = gates ? store.gates.room(gates) : count;
    const wanted = Math.min(count - taken.length, free);
    if (wanted > 0) {
      if (store.special && !dropLate(store, queue, wanted, late)) continue;
      const most = Math.min(wanted, store.counts.readyIn(queue));
      if (most > 0) takeOf(store, queue, ask, most, taken, room, gates);
    }
    const key = gates && closedKey(store, gates, name);
    if (key !== undefined) closed = (closed ?? new Map<string, string>()).set(name, key);
  }
  return { jobs: taken, closed: closed ?? NONE_CLOSED };
}

/** The key of the first closed gate; undefined: the queue is open. It will be announced when it opens. */
function closedKey(store: Store, gates: readonly Gate[], queue: string): string | undefined {
  const gate = store.gates.watchClosed(gates, queue);
  if (!gate) return undefined;
  const due = store.gates.opensAt(gate);
  if (due !== undefined) store.expect(ENDS, due);
  return gate.key;
}

/** Takes `count` jobs of one queue. The caller has checked that the queue has as many. */
function takeOf(
  store: Store,
  queue: Queue,
  { wid, owner, lease }: FetchAsk,
  count: number,
  taken: Reservation[],
  room: { bytes: number },
  gates: readonly Gate[] | undefined,
): void {
  const one = count === 1;
  const found = one ? [store.rows(OLDEST).get(queue.id)] : store.rows(MANY).all(queue.id, count);
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
  for (const [id, jid, reserve, enqueuedAt, column, failure, losses] of rows) {
    const document = documentIn(column);
    const reservationId = store.counts.next(now);
    const expiresAt = leaseEnd ?? endAfter(now, reserve * SECOND);
    store.write(TAKE, reservationId, leased ? NO_END : expiresAt, worker, id);
    store.enter(place.working, expiresAt);
    const name = fromColumn(jid);
    const kind = store.meter.kind(queue.name, jobtypeOf(document));
    kind.fetched++;
    kind.wait.add(Math.max(now - enqueuedAt, 0) / SECOND);
    happenedTo(store, id, 'taken');
    store.workingSet.add(name, id, reservationId, document.length, now, leased, kind, since);
    if (gates) takeSlots(store, gates, { id, reservationId, wid, leased: leased !== undefined });
    taken.push({
      jid: name,
      wid,
      queue: queue.name,
      reservationId,
      takenAt: now,
      expiresAt,
      enqueuedAt,
      document,
      failure: failure ?? undefined,
      leased: leased !== undefined,
      losses,
    });
  }
  if (gates) store.gates.spend(gates, rows.length);
  store.counts.moveReady(queue, -rows.length);
}

function takeSlots(store: Store, gates: readonly Gate[], holder: SlotHolder): void {
  const due = store.gates.takeSlots(gates, holder);
  if (due !== undefined) store.expect(ENDS, due);
}

/**
 * Returns the first rows that fit into `room`, with the large documents, and reduces `room`. Always
 * returns a first job.
 */
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
    const [document, failure] = store.rows(TEXTS).get(id) as [string | Uint8Array, string | null];
    fitting.push([id, jid, reserve, enqueuedAt, document, failure, losses]);
  }
  return fitting;
}
