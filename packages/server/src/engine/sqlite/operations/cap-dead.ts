/**
 * Enforces the limit of the dead set: evicts the oldest dead jobs, in bites. Runs inside a turn.
 */
import { FORMER, type Former, readFormer } from '../state/former.ts';
import { JOB_BYTES, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { fitting } from './fitting.ts';
import { carriersIn, happenedToAll } from './moments.ts';

const BITE = 500; // jobs

const OLDEST_DEAD = `FROM job INDEXED BY job_timed
  WHERE place = ${place.dead} AND place > ${place.ready} ORDER BY due, id LIMIT ?`;
const OLDEST_DEAD_BYTES = `SELECT ${JOB_BYTES} AS bytes ${OLDEST_DEAD}`;
const OLDEST_DEAD_IDS = `SELECT id ${OLDEST_DEAD}`;
const DROP_OLDEST_DEAD = `DELETE FROM job WHERE id IN (${OLDEST_DEAD_IDS})`;

/**
 * Evicts the oldest dead jobs beyond the limit: one bite. Calls `onEvict` for each of them first.
 * Returns whether there are more.
 */
export function capDead(store: Store, limit: number, onEvict?: (row: Former) => void): boolean {
  const excess = store.counts.sizeOf(place.dead) - limit;
  if (limit === 0 || excess <= 0) return false;
  const most = Math.min(excess, BITE);
  const count = most === 1 ? 1 : fitting(store, OLDEST_DEAD_BYTES, [most]).rows;
  if (onEvict)
    for (const row of store.sql(`SELECT ${FORMER} ${OLDEST_DEAD}`).all(count) as Former[])
      onEvict(readFormer(row));
  happenedToAll(store, carriersIn(store, OLDEST_DEAD, [count]), 'deleted');
  store.write(DROP_OLDEST_DEAD, count);
  store.counts.move(place.dead, -count);
  store.meter.evicted += count;
  return count < excess;
}

/** Evicts one bite now, and the others in later turns: only after a start with a lower limit there are more. */
export function capDeadSoon(store: Store, limit: number): void {
  if (capDead(store, limit) && !store.evicting) void evictRest(store, limit);
}

async function evictRest(store: Store, limit: number): Promise<void> {
  store.evicting = true;
  try {
    while (await store.turn.runLong(() => !store.closing && evict(store, limit)));
  } catch {
    // Ignored: the next job that goes to dead tries again and gets the error.
  } finally {
    store.evicting = false;
  }
}

function evict(store: Store, limit: number): boolean {
  store.turn.begin();
  return capDead(store, limit);
}
