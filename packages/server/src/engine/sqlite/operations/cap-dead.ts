/**
 * Enforces the limit of the dead set: evicts the oldest dead jobs. Runs inside a turn.
 */
import { FORMER, type Former } from '../state/former.ts';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { happenedToAll } from './moments.ts';

const OLDEST_DEAD = `FROM job INDEXED BY job_timed
  WHERE place = ${place.dead} AND place > ${place.ready} ORDER BY due, id LIMIT ?`;
const OLDEST_DEAD_IDS = `SELECT id ${OLDEST_DEAD}`;
const DROP_OLDEST_DEAD = `DELETE FROM job WHERE id IN (${OLDEST_DEAD_IDS})`;

/** Evicts the oldest dead jobs beyond the limit. Calls `onEvict` for each of them first. */
export function capDead(store: Store, limit: number, onEvict?: (row: Former) => void): void {
  const excess = store.counts.sizeOf(place.dead) - limit;
  if (limit === 0 || excess <= 0) return;
  if (onEvict)
    for (const row of store.sql(`SELECT ${FORMER} ${OLDEST_DEAD}`).all(excess) as Former[]) onEvict(row);
  happenedToAll(store, OLDEST_DEAD_IDS, [excess], 'deleted');
  store.write(DROP_OLDEST_DEAD, excess);
  store.counts.move(place.dead, -excess);
  store.meter.evicted += excess;
}
