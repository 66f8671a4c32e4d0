/**
 * Changing found jobs, wherever they are but in the working set: what belongs to a worker is its worker's. Runs inside a turn.
 *
 * A name that does not hold any more (the job has moved, or ended) is passed over, and so is a job that is already as it should be:
 * so a change by a search that meets a job twice ends.
 */
import type { EntryChange } from '../engine.ts';
import { readEntryName } from './entry-name.ts';
import { capDead } from './held.ts';
import { NO_WORKER, place } from './schema.ts';
import type { Store } from './store.ts';
import { makeReady, queueOf } from './timed.ts';

interface Row {
  readonly id: number;
  readonly place: number;
  readonly queue: number;
  readonly priority: number;
  readonly due: number;
  readonly document: string;
}

const STILL_THERE = `SELECT id, place, queue, priority, due, document FROM job
  WHERE id = ? AND place = ? AND jid = ? AND place <> ${place.working}`;
const DROP = 'DELETE FROM job WHERE id = ?';
const PARK = `UPDATE job SET place = ?, due = ?, wid = ${NO_WORKER} WHERE id = ?`;
const EDIT = 'UPDATE job SET queue = ?, priority = ?, seq = ?, document = ? WHERE id = ?';

/** Changes the entries; tells of each whether it was changed. */
export function change(
  store: Store,
  entries: readonly string[],
  what: EntryChange,
  deadLimit: number,
): boolean[] {
  const changed = entries.map((entry) => {
    const name = readEntryName(entry);
    const row = name && (store.sql(STILL_THERE).get(name.id, name.code, name.jid) as Row | undefined);
    if (!row || isSo(store, row, what)) return false;
    store.turn.begin();
    apply(store, row, what);
    return true;
  });
  if (what.do === 'kill' && changed.includes(true)) capDead(store, deadLimit);
  return changed;
}

function isSo(store: Store, row: Row, what: EntryChange): boolean {
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

function apply(store: Store, row: Row, what: EntryChange): void {
  switch (what.do) {
    case 'discard':
      leave(store, row);
      store.write(DROP, row.id);
      return;
    case 'kill':
      park(store, row, place.dead, what.until);
      return;
    case 'requeue':
      leave(store, row);
      makeReady(store, row, store.clock());
      return;
    case 'schedule':
      park(store, row, row.place === place.retries ? place.retries : place.scheduled, what.at);
      return;
    case 'move':
      edit(store, row, store.queue(what.queue).id, row.priority, what.rewrite(row.document));
      return;
    case 'prioritize':
      edit(store, row, row.queue, what.priority, what.rewrite(row.document));
  }
}

/** The job leaves its place. */
function leave(store: Store, row: Row): void {
  if (row.place === place.ready) store.counts.moveReady(queueOf(store, row.queue), -1);
  else store.counts.move(row.place, -1);
}

function park(store: Store, row: Row, code: number, due: number): void {
  leave(store, row);
  store.write(PARK, code, due, row.id);
  store.enter(code, due);
}

/** A ready job goes to the tail of where it comes; in the other places only its due time says when it is its turn. */
function edit(store: Store, row: Row, queue: number, priority: number, document: string): void {
  const ready = row.place === place.ready;
  if (ready) leave(store, row);
  store.write(EDIT, queue, priority, store.counts.next(store.clock()), document, row.id);
  if (ready) store.arrive(queueOf(store, queue), 1);
}
