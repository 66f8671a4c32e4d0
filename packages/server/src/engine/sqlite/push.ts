/**
 * Putting jobs where they go, and counting the pushes of producers that named themselves. Runs inside a turn.
 */
import type { Counted, Entry, Refusal } from '../engine.ts';
import { toColumn } from './column.ts';
import { NO_WORKER, place } from './schema.ts';
import type { Store } from './store.ts';

const INSERT = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?)`;

/** Stores all entries but the ready ones of queues that would grow past `limit` (0 means none does). */
export function push(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): readonly Refusal[] {
  const refused = limit === 0 ? [] : fullQueues(store, entries, limit);
  const note = counted?.note(refused);
  if (counted !== undefined) store.producers.refuseFull(counted.producer, note);
  store.turn.begin();
  if (counted !== undefined) store.producers.count(counted, note);
  const now = store.clock();
  for (const entry of entries) {
    if (refused.length > 0 && isRefused(entry, refused)) continue;
    insert(store, entry, now);
  }
  return refused;
}

function insert(store: Store, entry: Entry, now: number): void {
  const queue = store.queue(entry.queue);
  const { priority, reserveFor, document, at } = entry;
  const jid = toColumn(entry.jid);
  const failure = entry.failure ?? null;
  const statement = store.sql(INSERT);
  store.meter.kind(entry.queue, entry.jobtype).pushed++;
  if (at === undefined) {
    const seq = store.counts.next(now);
    statement.get(place.ready, queue.id, priority, seq, now, reserveFor, now, jid, document, failure);
    store.arrive(queue, 1);
  } else {
    statement.get(place.scheduled, queue.id, priority, now, at, reserveFor, 0, jid, document, failure);
    store.enter(place.scheduled, at);
  }
}

function isRefused({ at, queue }: Entry, refused: readonly Refusal[]): boolean {
  return at === undefined && refused.some((refusal) => refusal.queue === queue);
}

function fullQueues(store: Store, entries: readonly Entry[], limit: number): Refusal[] {
  const added = new Map<string, number>();
  for (const { at, queue } of entries) if (at === undefined) added.set(queue, (added.get(queue) ?? 0) + 1);
  return [...added].flatMap(([name, count]) => {
    const queue = store.counts.queues.get(name);
    const size = queue ? store.counts.readyIn(queue) : 0;
    if (size + count <= limit) return [];
    return [{ queue: name, reason: `${name} is too large, currently ${size}, max size is ${limit}` }];
  });
}
