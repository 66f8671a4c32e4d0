/**
 * Stores one new job where it goes. Runs inside a turn.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Entry } from '../../engine.ts';
import { toColumn } from '../state/column.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { storable } from '../state/times.ts';

const INSERT = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?)`;
const CARRY = 'UPDATE job SET deadline = ?, consequences = ? WHERE id = ?';

/** Returns the number of its row when the job carries or claims something, else 0. */
export function insert(store: Store, entry: Entry, now: Micros): number {
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
    const due = storable(at);
    statement.get(place.scheduled, queue.id, priority, now, due, reserveFor, 0, jid, document, failure);
    store.enter(place.scheduled, due);
  }
  const { effects, consequences, deadline } = entry;
  return effects || consequences || deadline !== undefined ? carry(store, entry) : 0;
}

function carry(store: Store, { consequences, deadline }: Entry): number {
  const { id } = store.sql('SELECT last_insert_rowid() AS id').get() as { id: number };
  if (consequences || deadline !== undefined) {
    store.special = true;
    store.write(
      CARRY,
      deadline === undefined ? null : storable(deadline),
      consequences ? JSON.stringify(consequences) : null,
      id,
    );
  }
  return id;
}
