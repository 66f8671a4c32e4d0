/**
 * Works on whole queues: lists, pauses, removes and flushes. All functions except `remove` run
 * inside a turn.
 *
 * A removed queue keeps its row and is only unlisted, because jobs in other places still point to
 * it.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { FindAsk, QueueSummary } from '../../engine.ts';
import type { Queue } from '../state/counts.ts';
import { place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { happenedToAll } from './moments.ts';

/** Returns the listed queues, sorted by name. */
export function summaries(store: Store): QueueSummary[] {
  return listed(store, '*')
    .map((queue) => ({ name: queue.name, size: store.counts.readyIn(queue), paused: queue.paused }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Returns those of the named queues that are listed: they had a ready job since they were last
 * removed.
 */
export function listed(store: Store, names: readonly string[] | '*'): Queue[] {
  const all =
    names === '*' ? [...store.counts.queues.values()] : names.map((name) => store.counts.queues.get(name));
  return all.filter((queue): queue is Queue => queue?.listed === true);
}

/** Pauses or resumes queues. Resuming notifies listeners, because the jobs can be fetched again. */
export function setPaused(store: Store, names: readonly string[] | '*', paused: boolean): void {
  for (const queue of listed(store, names)) {
    if (queue.paused === paused) continue;
    store.turn.begin();
    store.write('UPDATE queue SET paused = ? WHERE id = ?', paused ? 1 : 0, queue.id);
    queue.paused = paused;
    if (!paused) store.counts.announce(queue);
  }
}

const BITE = 5000; // rows deleted in one turn

const READY_BITE = `SELECT id FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? AND seq <= ? LIMIT ${BITE}`;
const DELETE_READY = `DELETE FROM job WHERE id IN (${READY_BITE})`;

/** A removal: ready jobs of the queue with `seq` up to `upTo` are deleted. */
interface Removal {
  readonly queue: number;
  readonly upTo: Micros;
}

/**
 * Removes queues and their ready jobs. From its first commit on none of these jobs is handed out.
 * Many jobs are deleted in bites, so call it outside a turn.
 */
export async function remove(store: Store, names: readonly string[] | '*'): Promise<void> {
  const begun = await store.turn.run(() => begin(store, names));
  for (const removal of begun) while (await store.turn.run(() => removeBite(store, removal)));
}

/** Starts the removals. Returns those with more jobs than one bite. */
function begin(store: Store, names: readonly string[] | '*'): Removal[] {
  const left: Removal[] = [];
  for (const queue of listed(store, names)) {
    store.turn.begin();
    store.write('UPDATE queue SET listed = 0, paused = 0 WHERE id = ?', queue.id);
    queue.listed = queue.paused = false;
    const removal = { queue: queue.id, upTo: store.counts.next(store.clock()) };
    if (removeBite(store, removal)) left.push(removal);
  }
  return left;
}

/**
 * Deletes one bite of jobs; returns whether there are more.
 * Jobs pushed since the removal began stay, and become ready when it ends.
 */
function removeBite(store: Store, { queue: id, upTo }: Removal): boolean {
  const queue = store.counts.queueOfId.get(id);
  if (!queue) return false; // a flush has deleted everything
  store.turn.begin();
  happenedToAll(
    store,
    `FROM job WHERE consequences IS NOT NULL AND id IN (${READY_BITE})`,
    [id, upTo],
    'deleted',
  );
  const gone = Number(store.sql(DELETE_READY).run(id, upTo).changes);
  store.counts.moveReady(queue, -gone);
  const more = gone === BITE;
  queue.removing = more ? upTo : undefined;
  if (!more) store.counts.announce(queue);
  return more;
}

const OLDEST = `SELECT enqueued_at FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? AND priority = ? ORDER BY seq LIMIT 1`;

/**
 * When the longest-waiting ready job was enqueued; undefined: none. Reads the first job of each
 * priority.
 */
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

/** How many jobs a search has to read at most. */
export function sizeOf({ counts }: Store, { places, queues, jids, wid }: FindAsk): number {
  const sizes = places.map((where): number => {
    if (wid !== undefined && where !== 'working') return 0;
    if (where !== 'ready') return jids && where !== 'working' ? 0 : counts.sizeOf(place[where]);
    const asked = queues ? queues.map((name) => counts.queues.get(name)) : [...counts.queues.values()];
    return asked.reduce((sum, queue) => sum + (queue ? counts.readyIn(queue) : 0), 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Deletes every job, queue, worker and counter, the undo records and the history. */
export function flush(store: Store): void {
  store.turn.begin();
  const tables = [
    'job',
    'queue',
    'worker',
    'tally',
    'kept',
    'undo',
    'former',
    'history',
    'fault',
    'fault_hour',
  ];
  for (const table of tables) store.sql(`DELETE FROM ${table}`).run();
  store.special = false;
  store.counts.clear();
  store.workingSet.clear();
  store.history.clear();
}
