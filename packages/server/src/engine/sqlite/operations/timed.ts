/**
 * Places that wait for a time: promoting what is due, forgetting the dead, telling when the next is due; and the days
 * of history. All functions run inside a turn and work in bites.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { DayCount, TimedSet } from '../../engine.ts';
import { BrokenInvariant } from '../commit/turn.ts';
import type { Queue } from '../state/counts.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';

const DAY = 86_400_000_000; // µs

const DUE = `FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND due <= ? ORDER BY due, id LIMIT ?`;
const COUNT_DUE = `SELECT queue, count(*) AS n FROM (SELECT queue ${DUE}) GROUP BY queue`;
// One statement for the whole bite: 10,000 entries due at once took 39 ms, row by row 57 ms.
const PROMOTE = `UPDATE job SET place = ${place.ready}, seq = ? + line, enqueued_at = ?, wid = ${NO_WORKER}
  FROM (SELECT id AS which, row_number() OVER (ORDER BY due, id) AS line ${DUE}) WHERE id = which`;
const MAKE_READY = `UPDATE job SET place = ${place.ready}, seq = ?, enqueued_at = ?, wid = ${NO_WORKER} WHERE id = ?`;
const EARLIEST = `SELECT due FROM job INDEXED BY job_timed WHERE place = ? AND place > ${place.ready} ORDER BY due LIMIT 1`;
const FORGET = `DELETE FROM job WHERE id IN (SELECT id FROM job INDEXED BY job_timed
  WHERE place = ${place.dead} AND place > ${place.ready} AND due <= ? ORDER BY due LIMIT ?)`;

/** Moves due entries to the tail of their queues. */
export function promote(store: Store, set: 'scheduled' | 'retries', limit: number): number {
  const now = store.clock();
  const counted = store.sql(COUNT_DUE).all(place[set], now, limit) as { queue: number; n: number }[];
  const total = counted.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return 0;
  store.turn.begin();
  store.write(PROMOTE, store.counts.block(now, total), now, place[set], now, limit);
  for (const { queue, n } of counted) store.arrive(queueOf(store, queue), n);
  store.counts.move(place[set], -total);
  return total;
}

/** Puts one row at the tail of its queue; its old place's count is the caller's. Gives its new number. */
export function makeReady(store: Store, row: { id: number; queue: number }, now: Micros): Micros {
  const seq = store.counts.next(now);
  store.write(MAKE_READY, seq, now, row.id);
  store.arrive(queueOf(store, row.queue), 1);
  return seq;
}

/** A job leaves its place, as far as that is counted. */
export function leave(store: Store, row: { place: number; queue: number }): void {
  if (row.place === place.ready) store.counts.moveReady(queueOf(store, row.queue), -1);
  else store.counts.move(row.place, -1);
}

/** The queue that a row points to. */
export function queueOf(store: Store, id: number): Queue {
  const queue = store.counts.queueOfId.get(id);
  if (!queue) throw new BrokenInvariant(`a job is of queue number ${id}, which is unknown`);
  return queue;
}

/** Forgets dead entries whose time is over, and wids that hold nothing any more. */
export function expireDead(store: Store, limit: number): number {
  store.turn.begin();
  const gone = Number(store.sql(FORGET).run(store.clock(), limit).changes);
  store.counts.move(place.dead, -gone);
  store.pruneWorkers();
  return gone;
}

/** When the earliest entry of a place is due. */
export function nextDue(store: Store, where: TimedSet): Micros | undefined {
  const row = store.sql(EARLIEST).get(place[where]) as { due: number } | undefined;
  return row?.due;
}

/** Executions of the last days, today last. */
export function history(store: Store, days: number): DayCount[] {
  const today = Math.floor(store.clock() / DAY);
  const rows = store
    .sql('SELECT day, processed, failures FROM tally WHERE day > ?')
    .all(Math.max(today - days, 0));
  const byDay = new Map(
    (rows as { day: number; processed: number; failures: number }[]).map((row) => [row.day, row]),
  );
  return Array.from({ length: days }, (_, index) => {
    const day = today - days + 1 + index;
    const { processed = 0, failures = 0 } = byDay.get(day) ?? {};
    return { day: new Date((day * DAY) / 1000).toISOString().slice(0, 10), processed, failures };
  });
}
