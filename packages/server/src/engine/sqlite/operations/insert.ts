/**
 * Stores one new job where it goes. Runs inside a turn.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Entry } from '../../engine.ts';
import { toColumn } from '../state/column.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { storable } from '../state/times.ts';

// Note: one statement for all columns, because an UPDATE would write a document of megabytes again.
const INSERT = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure, deadline, consequences)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?, ?, ?)`;

/** Returns the number of its row when the job carries or claims something, else 0. */
export function insert(store: Store, entry: Entry, now: Micros): number {
  const queue = store.queue(entry.queue);
  const { priority, reserveFor, document, at, effects } = entry;
  const jid = toColumn(entry.jid);
  const failure = entry.failure ?? null;
  const deadline = entry.deadline === undefined ? null : storable(entry.deadline);
  const carried = entry.consequences ? JSON.stringify(entry.consequences) : null;
  const { ready, scheduled } = place;
  const row = store.sql(INSERT);
  store.meter.kind(entry.queue, entry.jobtype).pushed++;
  if (at === undefined) {
    const seq = store.counts.next(now);
    row.get(ready, queue.id, priority, seq, now, reserveFor, now, jid, document, failure, deadline, carried);
    store.arrive(queue, 1);
  } else {
    const due = storable(at);
    row.get(
      scheduled,
      queue.id,
      priority,
      now,
      due,
      reserveFor,
      0,
      jid,
      document,
      failure,
      deadline,
      carried,
    );
    store.enter(scheduled, due);
  }
  const isSpecial = deadline !== null || carried !== null;
  if (isSpecial) store.special = true;
  if (!isSpecial && !effects) return 0;
  return (store.sql('SELECT last_insert_rowid() AS id').get() as { id: number }).id;
}
