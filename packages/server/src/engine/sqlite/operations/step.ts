/**
 * Moves stored times that mean a duration when the wall clock was set.
 *
 * These are the ends of reservations without a lease, slots and rates of gates, when producers
 * and shared texts expire, and until when a change can be undone. Times that people or rules chose
 * stay: scheduled jobs, retries, the end of dead jobs, history.
 *
 * Note: the rows to move are collected at the call, because rows stored later already follow the
 * new clock.
 */
import type { Micros } from '@faktory-ts/protocol';
import { Portion } from '../commit/portion.ts';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import type { WorkingJob } from '../state/working-set.ts';

const BITE = 1000; // reservations or slots in one commit, or other rows in one part: a few ms
const MOVE = `UPDATE job SET due = due + ? WHERE id = ? AND seq = ? AND place = ${place.working}`;
/** What moves in each table: its key, and a value before the first key. */
const MOVED = [
  { table: 'producer', key: 'id', first: 0, move: 'SET seen_at = seen_at + ? WHERE 1' },
  { table: 'kept', key: 'key', first: '', move: 'SET until = until + ? WHERE span = 1' },
  { table: 'shared', key: 'name', first: '', move: 'SET at = at + ?1, until = until + ?1 WHERE 1' },
] as const;

/** Moves the stored ends by this many microseconds. */
export async function moveEnds(store: Store, by: Micros): Promise<void> {
  const held = store.workingSet.withEnds();
  const slots = store.gates.moveEnds(by);
  store.producers.putOffPrune();
  const others = store.turn.runInOrder(() => moveOthers(store, by));
  for (let done = 0; done < held.length; ) {
    await store.turn.run(() => {
      store.turn.begin();
      const bite = new Portion(BITE);
      for (; done < held.length; done++) {
        const { id, reservationId, size } = held[done] as WorkingJob;
        if (bite.isFull(size)) break;
        store.write(MOVE, by, id, reservationId);
      }
    });
  }
  for (let from = 0; from < slots.length; from += BITE) {
    await store.turn.run(() => {
      store.turn.begin();
      store.gates.writeEnds(slots.slice(from, from + BITE));
    });
  }
  await others;
}

/** Moves the ends of all other rows in one commit, in parts. */
function* moveOthers(store: Store, by: Micros): Generator<void, void> {
  store.turn.begin();
  store.gates.writeRates();
  store.write('UPDATE undo SET until = until + ?', by);
  for (const { table, key, first, move } of MOVED) {
    const ofPart = `SELECT ${key} AS last FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT 1 OFFSET ${BITE - 1}`;
    for (let after: string | number | undefined = first; after !== undefined; ) {
      const end = store.sql(ofPart).get(after) as { last: string | number } | undefined;
      if (end) store.write(`UPDATE ${table} ${move} AND ${key} > ? AND ${key} <= ?`, by, after, end.last);
      else store.write(`UPDATE ${table} ${move} AND ${key} > ?`, by, after);
      after = end?.last;
      yield;
    }
  }
}
