/**
 * Stores pushed jobs and counts the pushes of named producers. Runs inside a turn.
 */
import type { Counted, Entry, Refusal } from '../../engine.ts';
import { toColumn } from '../state/column.ts';
import { writeNote } from '../state/note.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';

const INSERT = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?)`;

// Entries in one part of a push; the event loop continues between the parts.
const MOST_AT_ONCE = 500;
const MOST_BYTES = 1024 * 1024; // in one part; counted in UTF-16 units of the documents

/** Whether a push is so long that it must run in parts. */
export function isLong(entries: readonly Entry[]): boolean {
  return entries.length > MOST_AT_ONCE || bytesOf(entries) > MOST_BYTES;
}

function bytesOf(entries: readonly Entry[]): number {
  let sum = 0;
  for (const { document } of entries) sum += document.length;
  return sum;
}

/** Stores the entries, except ready ones for queues that would exceed `limit` (0: no limit). */
export function push(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): readonly Refusal[] {
  const refused = begin(store, entries, counted, limit);
  const out = indexesOf(refused);
  const now = store.clock();
  for (const [index, entry] of entries.entries()) if (!out.has(index)) insert(store, entry, now);
  return refused;
}

/** The same in parts of bounded rows and bytes, all in one commit. */
export function* pushInParts(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): Generator<void, readonly Refusal[]> {
  const refused = begin(store, entries, counted, limit);
  const out = indexesOf(refused);
  const now = store.clock();
  let [rows, bytes] = [0, 0];
  for (const [index, entry] of entries.entries()) {
    if (rows === MOST_AT_ONCE || bytes > MOST_BYTES) {
      yield;
      rows = bytes = 0;
    }
    if (!out.has(index)) insert(store, entry, now);
    rows += 1;
    bytes += entry.document.length;
  }
  if (bytes > MOST_BYTES) yield; // so that a job of megabytes is not written and committed in one go
  return refused;
}

/** Does all checks that may refuse the whole push, then the first write. */
function begin(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): readonly Refusal[] {
  const refused = limit === 0 ? [] : fullQueues(store, entries, limit);
  const note = counted && noteOf(counted, entries, refused);
  if (counted !== undefined) store.producers.refuseFull(counted.producer, note);
  store.turn.begin();
  if (counted !== undefined) store.producers.count(counted, note);
  return refused;
}

const none: ReadonlySet<number> = new Set();
const indexesOf = (refused: readonly Refusal[]): ReadonlySet<number> =>
  refused.length === 0 ? none : new Set(refused.map(({ index }) => index));

/**
 * Returns the note for the producer: refusals from before the push and of the engine. Undefined:
 * none.
 */
function noteOf(
  { note: { of, refused: before } }: Counted,
  entries: readonly Entry[],
  refused: readonly Refusal[],
): string | undefined {
  if (before.length + refused.length === 0) return undefined;
  const own = refused.map(({ index, code, reason }) => ({ jid: entries[index]?.jid ?? '', code, reason }));
  return writeNote({ of, refused: [...before, ...own] });
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

function fullQueues(store: Store, entries: readonly Entry[], limit: number): Refusal[] {
  const added = new Map<string, number>();
  for (const { at, queue } of entries) if (at === undefined) added.set(queue, (added.get(queue) ?? 0) + 1);
  const full = new Map<string, string>();
  for (const [name, count] of added) {
    const queue = store.counts.queues.get(name);
    const size = queue ? store.counts.readyIn(queue) : 0;
    if (size + count > limit) full.set(name, `${name} is too large, currently ${size}, max size is ${limit}`);
  }
  if (full.size === 0) return [];
  return entries.flatMap(({ at, queue }, index): Refusal[] => {
    const reason = at === undefined ? full.get(queue) : undefined;
    return reason === undefined ? [] : [{ index, code: 'LIMIT', reason }];
  });
}
