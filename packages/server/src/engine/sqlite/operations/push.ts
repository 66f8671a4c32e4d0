/**
 * Stores pushed jobs and counts the pushes of named producers. Runs inside a turn.
 */
import { atOnce } from '../../../rounds.ts';
import { type Counted, type Entry, longCall, type Refusal } from '../../engine.ts';
import { writeNote } from '../state/note.ts';
import type { Store } from '../state/store.ts';
import { applyEffects, refusalOf } from './effects.ts';
import { insert } from './insert.ts';
import { newQueues } from './new-queues.ts';

// Entries in one part of a push; the event loop continues between the parts.
const MOST_AT_ONCE = longCall.push;
const MOST_CHECKS = 2000; // entries whose effects are checked in one part
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

/**
 * Stores the entries, except ready ones for queues that would exceed `limit` (0: no limit), and
 * those for new queues that are too many.
 */
export function push(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): readonly Refusal[] {
  const refused = atOnce(refusals(store, entries, limit));
  begin(store, entries, counted, refused);
  const out = indexesOf(refused);
  const now = store.clock();
  for (const [index, entry] of entries.entries()) if (!out.has(index)) put(store, entry, now);
  return refused;
}

/** The same in parts of bounded rows and bytes, all in one commit. */
export function* pushInParts(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  limit: number,
): Generator<void, readonly Refusal[]> {
  const refused = yield* refusals(store, entries, limit);
  begin(store, entries, counted, refused);
  const out = indexesOf(refused);
  const now = store.clock();
  let [rows, bytes] = [0, 0];
  for (const [index, entry] of entries.entries()) {
    if (rows === MOST_AT_ONCE || bytes > MOST_BYTES) {
      yield;
      rows = bytes = 0;
    }
    if (!out.has(index)) put(store, entry, now);
    rows += 1;
    bytes += entry.document.length;
  }
  if (bytes > MOST_BYTES) yield; // so that a job of megabytes is not written and committed in one go
  return refused;
}

/**
 * The entries that are not stored, in the order of the push; checked in parts. Nothing changes between
 * the parts, because later operations wait.
 */
function* refusals(
  store: Store,
  entries: readonly Entry[],
  limit: number,
): Generator<void, readonly Refusal[]> {
  const full = noRoom(store, entries, limit);
  if (!entries.some(({ effects }) => effects)) return full;
  const known = new Map(full.map((refusal) => [refusal.index, refusal]));
  const taken = new Set<string>(); // of equal names in one push the first job takes it
  const refused: Refusal[] = [];
  for (const [index, { effects }] of entries.entries()) {
    if (index > 0 && index % MOST_CHECKS === 0) yield;
    const already = known.get(index);
    const refusal = already ? undefined : effects && refusalOf(store, effects, taken);
    if (already) refused.push(already);
    else if (refusal) refused.push({ index, code: refusal.code, reason: refusal.message });
  }
  return refused;
}

function noRoom(store: Store, entries: readonly Entry[], limit: number): readonly Refusal[] {
  const full = limit === 0 ? [] : fullQueues(store, entries, limit);
  const fresh = newQueues(store, entries, indexesOf(full));
  return fresh.length === 0 ? full : [...full, ...fresh].sort((a, b) => a.index - b.index);
}

/** Does the last check that may refuse the whole push, then the first write. */
function begin(
  store: Store,
  entries: readonly Entry[],
  counted: Counted | undefined,
  refused: readonly Refusal[],
): void {
  const note = counted && noteOf(counted, entries, refused);
  if (counted !== undefined) store.producers.refuseFull(counted.producer, note);
  store.turn.begin();
  if (counted !== undefined) store.producers.count(counted, note);
}

/** Stores a job with its effects, which were checked. */
function put(store: Store, entry: Entry, now: number): void {
  const id = insert(store, entry, now);
  if (entry.effects) applyEffects(store, entry.effects, id);
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
