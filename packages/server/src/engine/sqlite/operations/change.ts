/**
 * Changes found jobs, wherever they are except in the working set: a reserved job belongs to its
 * worker. Runs inside a turn.
 *
 * A job that has moved or ended since it was found is skipped. So is a job that needs no change,
 * because a search may return a job twice and the change must still end.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { EntryChange, NewDocuments, UndoLabel } from '../../engine.ts';
import { Portion } from '../commit/portion.ts';
import { readEntryName } from '../state/entry-name.ts';
import { FORMER, type Former, NOWHERE, type Position, readFormer } from '../state/former.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { endAfter, storable } from '../state/times.ts';
import { capDead } from './cap-dead.ts';
import { claimsOf } from './effects.ts';
import { happened } from './moments.ts';
import { newQueueReason } from './new-queues.ts';
import { leave, makeReady, queueOf } from './timed.ts';
import { UndoRecorder } from './undo.ts';

const STILL_THERE = `FROM job WHERE id = ? AND place = ? AND seq = ? AND jid = ? AND place <> ${place.working}`;
const SIZE = 'octet_length(document) AS bytes';
/** Without the document, which may have 8 MB: only undo needs it. */
const FOR_CHANGE = `SELECT id, place, queue, priority, seq, due, consequences, bits, ${SIZE} ${STILL_THERE}`;
const FOR_UNDO = `SELECT ${FORMER}, ${SIZE} ${STILL_THERE}`;
type SizedRow = Former & { readonly bytes: number };
const DROP = 'DELETE FROM job WHERE id = ?';
const PARK = `UPDATE job SET place = ?, due = ?, seq = ?, wid = ${NO_WORKER} WHERE id = ?`;
const EDIT = 'UPDATE job SET queue = ?, priority = ?, seq = ?, document = ? WHERE id = ?';

/** Changes the entries in one commit, in parts. Returns for each whether it was changed. */
export function* change(
  store: Store,
  entries: readonly string[],
  what: EntryChange,
  deadLimit: number,
  label?: UndoLabel,
): Generator<void, boolean[]> {
  if ('documents' in what && what.documents.length !== entries.length)
    throw new FaktoryError('INVALID', 'the number of documents must be the number of entries');
  const recorder = label && new UndoRecorder(store, label);
  const find = store.sql(recorder ? FOR_UNDO : FOR_CHANGE);
  if (what.do === 'kill' && what.spareDead) refuseEviction(store, entries, what, deadLimit);
  if (what.do === 'move') refuseNewQueue(store, what.queue);
  const part = new Portion();
  const changed: boolean[] = [];
  for (const [index, entry] of entries.entries()) {
    const name = readEntryName(entry);
    const row = name && (find.get(name.id, name.code, name.seq, name.jid) as SizedRow | undefined);
    const changes = row !== undefined && !needsNoChange(store, row, what);
    changed.push(changes);
    if (!changes) continue;
    if (part.isFull(row.bytes)) yield;
    store.turn.begin();
    const claims = recorder ? claimsOf(store, row) : [];
    happened(store, row, WAY_OF[what.do]);
    const to = apply(store, row, what, index);
    recorder?.add(readFormer(row), to, claims);
  }
  if (what.do === 'kill' && changed.includes(true))
    while (capDead(store, deadLimit, recorder && ((row) => recorder.evicted(row)))) yield;
  recorder?.end();
  return changed;
}

const WAY_OF = {
  discard: 'deleted',
  kill: 'killed',
  requeue: 'ready',
  schedule: 'moved',
  move: 'moved',
  prioritize: 'moved',
} as const;

/** Throws LIMIT when the queue does not exist and there is no room for it. */
function refuseNewQueue(store: Store, name: string): void {
  const { queues } = store.counts;
  if (store.maxQueues === 0 || queues.size < store.maxQueues || queues.has(name)) return;
  throw new FaktoryError('LIMIT', newQueueReason(store, name));
}

/** Throws INVALID when the dead set has no room for these entries. */
function refuseEviction(
  store: Store,
  entries: readonly string[],
  what: EntryChange,
  deadLimit: number,
): void {
  if (deadLimit === 0) return;
  const find = store.sql(FOR_CHANGE);
  const killed = [...new Set(entries)].filter((entry) => {
    const name = readEntryName(entry);
    const row = name && (find.get(name.id, name.code, name.seq, name.jid) as Former | undefined);
    return row && !needsNoChange(store, row, what);
  }).length;
  const dead = store.counts.sizeOf(place.dead);
  const excess = dead + killed - deadLimit;
  if (killed === 0 || excess <= 0) return;
  throw new FaktoryError(
    'INVALID',
    `the dead set has ${dead} of at most ${deadLimit} jobs: a kill of ${killed} more would delete its ${excess} oldest jobs for good; discard dead jobs, raise dead-limit, or allow it with "evict":true`,
  );
}

function needsNoChange(store: Store, row: Former, what: EntryChange): boolean {
  switch (what.do) {
    case 'discard':
      return false;
    case 'kill':
      return row.place === place.dead;
    case 'requeue':
      return row.place === place.ready;
    case 'schedule':
      return row.due === what.at && (row.place === place.scheduled || row.place === place.retries);
    case 'move':
      return queueOf(store, row.queue).name === what.queue;
    case 'prioritize':
      return row.priority === what.priority;
  }
}

/** Applies the change. Returns the new position of the job. */
function apply(store: Store, row: Former, what: EntryChange, index: number): Position {
  switch (what.do) {
    case 'discard':
      leave(store, row);
      store.write(DROP, row.id);
      return NOWHERE;
    case 'kill':
      return park(store, row, place.dead, endAfter(store.clock(), what.deadFor));
    case 'requeue':
      leave(store, row);
      return { ...row, place: place.ready, seq: makeReady(store, row, store.clock()) };
    case 'schedule':
      return park(
        store,
        row,
        row.place === place.retries ? place.retries : place.scheduled,
        storable(what.at),
      );
    case 'move':
      return edit(store, row, store.queue(what.queue).id, row.priority, documentAt(what, index));
    case 'prioritize':
      return edit(store, row, row.queue, what.priority, documentAt(what, index));
  }
}

function documentAt({ documents }: { readonly documents: NewDocuments }, index: number): string {
  return documents[index] as string; // there is one for each entry
}

function park(store: Store, row: Former, code: number, due: number): Position {
  leave(store, row);
  const seq = code === place.dead && row.place !== place.retries ? store.clock() : row.seq;
  store.write(PARK, code, due, seq, row.id);
  store.enter(code, due);
  return { ...row, place: code, due, seq };
}

/**
 * Changes queue, priority and document. A ready job goes to the end of its new queue; elsewhere
 * `due` is the order.
 * Note: elsewhere `seq` may be the time of a failure, so it grows by only 1 µs: undo must see that
 * the job changed.
 */
function edit(store: Store, row: Former, queue: number, priority: number, document: string): Position {
  const ready = row.place === place.ready;
  if (ready) leave(store, row);
  const seq = ready ? store.counts.next(store.clock()) : row.seq + 1;
  store.write(EDIT, queue, priority, seq, document, row.id);
  if (ready) store.arrive(queueOf(store, queue), 1);
  return { ...row, queue, priority, seq };
}
