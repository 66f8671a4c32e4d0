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
// Note: one statement, because an UPDATE would write a document of megabytes again.
const INSERT_CARRYING = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure, deadline, consequences)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?, ?, ?)`;

/** Returns the number of its row when the job carries or claims something, else 0. */
export function insert(store: Store, entry: Entry, now: Micros): number {
  const queue = store.queue(entry.queue);
  const { priority, reserveFor, document, at } = entry;
  const jid = toColumn(entry.jid);
  const failure = entry.failure ?? null;
  const more = carried(entry);
  const statement = more ? undefined : store.sql(INSERT);
  store.meter.kind(entry.queue, entry.jobtype).pushed++;
  if (at === undefined) {
    const seq = store.counts.next(now);
    if (statement)
      statement.get(place.ready, queue.id, priority, seq, now, reserveFor, now, jid, document, failure);
    else if (more)
      store.write(
        INSERT_CARRYING,
        place.ready,
        queue.id,
        priority,
        seq,
        now,
        reserveFor,
        now,
        jid,
        document,
        failure,
        ...more,
      );
    store.arrive(queue, 1);
  } else {
    const due = storable(at);
    if (statement)
      statement.get(place.scheduled, queue.id, priority, now, due, reserveFor, 0, jid, document, failure);
    else if (more)
      store.write(
        INSERT_CARRYING,
        place.scheduled,
        queue.id,
        priority,
        now,
        due,
        reserveFor,
        0,
        jid,
        document,
        failure,
        ...more,
      );
    store.enter(place.scheduled, due);
  }
  if (more) store.special = true;
  if (!more && !entry.effects) return 0;
  return (store.sql('SELECT last_insert_rowid() AS id').get() as { id: number }).id;
}

/** The deadline and the consequences for the row; undefined: the job has neither. */
function carried({ consequences, deadline }: Entry): [number | null, string | null] | undefined {
  if (consequences === undefined && deadline === undefined) return undefined;
  return [
    deadline === undefined ? null : storable(deadline),
    consequences ? JSON.stringify(consequences) : null,
  ];
}
