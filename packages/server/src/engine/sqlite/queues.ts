/**
 * Queues as a whole: listing, pausing, removing, and forgetting everything. All functions run inside a turn.
 *
 * A queue's row stays when the queue is removed (only unlisted), because jobs in other places still point to it.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { FindAsk, QueueSummary } from '../engine.ts';
import type { Queue } from './counts.ts';
import { place } from './schema.ts';
import type { Store } from './store.ts';

/** Listed queues by name. */
export function summaries(store: Store): QueueSummary[] {
  return listed(store, '*')
    .map((queue) => ({ name: queue.name, size: store.counts.readyIn(queue), paused: queue.paused }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Those of the names that were pushed to and not removed since. */
export function listed(store: Store, names: readonly string[] | '*'): Queue[] {
  const all =
    names === '*' ? [...store.counts.queues.values()] : names.map((name) => store.counts.queues.get(name));
  return all.filter((queue): queue is Queue => queue?.listed === true);
}

/** Pauses or resumes; a resumed queue's jobs are ready again, so listeners are told. */
export function setPaused(store: Store, names: readonly string[] | '*', paused: boolean): void {
  for (const queue of listed(store, names)) {
    if (queue.paused === paused) continue;
    store.turn.begin();
    store.write('UPDATE queue SET paused = ? WHERE id = ?', paused ? 1 : 0, queue.id);
    queue.paused = paused;
    if (!paused) store.counts.announce(queue);
  }
}

/** Forgets queues and their ready jobs. */
export function remove(store: Store, names: readonly string[] | '*'): void {
  for (const queue of listed(store, names)) {
    store.turn.begin();
    store.write(`DELETE FROM job WHERE place = ${place.ready} AND queue = ?`, queue.id);
    store.write('UPDATE queue SET listed = 0, paused = 0 WHERE id = ?', queue.id);
    store.counts.moveReady(queue, -store.counts.readyIn(queue));
    queue.listed = queue.paused = false;
  }
}

const OLDEST = `SELECT enqueued_at FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? AND priority = ? ORDER BY seq LIMIT 1`;

/** When the longest-waiting ready job was enqueued: the first of each priority is looked at. */
export function oldest(store: Store, name: string): Micros | undefined {
  const queue = store.counts.queues.get(name);
  if (!queue || store.counts.readyIn(queue) === 0) return undefined;
  const times: number[] = [];
  for (let priority = 1; priority <= 9; priority++) {
    const row = store.sql(OLDEST).get(queue.id, priority) as { enqueued_at: number } | undefined;
    if (row) times.push(row.enqueued_at);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/** How many jobs a search has to look at. */
export function sizeOf({ counts }: Store, { places, queues, jids, wid }: FindAsk): number {
  const sizes = places.map((where): number => {
    if (wid !== undefined && where !== 'working') return 0;
    if (where !== 'ready') return jids && where !== 'working' ? 0 : counts.sizeOf(place[where]);
    const asked = queues ? queues.map((name) => counts.queues.get(name)) : [...counts.queues.values()];
    return asked.reduce((sum, queue) => sum + (queue ? counts.readyIn(queue) : 0), 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Forgets every job, queue, pause and counter, what could be undone, and what happened. */
export function flush(store: Store): void {
  store.turn.begin();
  const tables = ['job', 'queue', 'worker', 'tally', 'undo', 'former', 'history', 'fault', 'fault_hour'];
  for (const table of tables) store.sql(`DELETE FROM ${table}`).run();
  store.counts.clear();
  store.holds.clear();
  store.history.clear();
}
