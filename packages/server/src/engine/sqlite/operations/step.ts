/**
 * The wall clock was set: what is stored as a time of it, but means a length, moves along. These are the ends of reservations that have
 * one of their own, how long producers are remembered, and how long a change can be undone. Times that people or rules have named
 * (scheduled jobs, retries, the end of dead jobs, history) stay as they are.
 *
 * Note: what is to be moved is looked up when this is called, not later, because what is stored from now on is right already.
 */
import type { Micros } from '@faktory-ts/protocol';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';

const BITE = 1000; // reservations in one commit: some ms
const MOVE = `UPDATE job SET due = due + ? WHERE id = ? AND seq = ? AND place = ${place.working}`;

/** Moves stored ends by so many microseconds. */
export async function moveEnds(store: Store, by: Micros): Promise<void> {
  const held = store.workingSet.withEnds();
  store.producers.putOffPrune();
  const kept = store.turn.run(() => {
    store.turn.begin();
    store.write('UPDATE producer SET seen_at = seen_at + ?', by);
    store.write('UPDATE undo SET until = until + ?', by);
  });
  for (let from = 0; from < held.length; from += BITE) {
    await store.turn.run(() => {
      store.turn.begin();
      for (const { id, reservationId } of held.slice(from, from + BITE))
        store.write(MOVE, by, id, reservationId);
    });
  }
  await kept;
}
