/**
 * Moves stored times that mean a duration when the wall clock was set.
 *
 * These are the ends of reservations without a lease, slots and rates of gates, when producers
 * expire, and until when a change can be undone. Times that people or rules chose stay: scheduled jobs, retries, the end of
 * dead jobs, history.
 *
 * Note: the rows to move are collected at the call, because rows stored later already follow the
 * new clock.
 */
import type { Micros } from '@faktory-ts/protocol';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';

const BITE = 1000; // reservations or slots in one commit, which takes a few ms
const MOVE = `UPDATE job SET due = due + ? WHERE id = ? AND seq = ? AND place = ${place.working}`;

/** Moves the stored ends by this many microseconds. */
export async function moveEnds(store: Store, by: Micros): Promise<void> {
  const held = store.workingSet.withEnds();
  const slots = store.gates.moveEnds(by);
  store.producers.putOffPrune();
  const kept = store.turn.run(() => {
    store.turn.begin();
    store.write('UPDATE producer SET seen_at = seen_at + ?', by);
    store.write('UPDATE undo SET until = until + ?', by);
    store.write('UPDATE kept SET until = until + ? WHERE span = 1', by);
    store.gates.writeRates();
  });
  for (let from = 0; from < held.length; from += BITE) {
    await store.turn.run(() => {
      store.turn.begin();
      for (const { id, reservationId } of held.slice(from, from + BITE))
        store.write(MOVE, by, id, reservationId);
    });
  }
  for (let from = 0; from < slots.length; from += BITE) {
    await store.turn.run(() => {
      store.turn.begin();
      store.gates.writeEnds(slots.slice(from, from + BITE));
    });
  }
  await kept;
}
