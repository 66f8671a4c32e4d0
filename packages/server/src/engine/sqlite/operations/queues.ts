/**
 * Works on whole queues: lists, pauses and removes. All functions except `remove` run
 * inside a turn.
 *
 * A removed queue keeps its row and is only unlisted, because jobs in other places still point to
 * it.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { FindAsk, QueueSummary } from '../../engine.ts';
import { PORTION_BYTES, Portion } from '../commit/portion.ts';
import type { Queue } from '../state/counts.ts';
import { JOB_BYTES, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { fitting } from './fitting.ts';
import { carriersIn, happenedToAll, inOneBite } from './moments.ts';

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

const PAUSED_AT_ONCE = 1000; // queues in one part: about 3 ms

/**
 * Pauses or resumes queues in one commit, in parts. Resuming notifies listeners, because the jobs can
 * be fetched again.
 */
export function* setPaused(
  store: Store,
  names: readonly string[] | '*',
  paused: boolean,
): Generator<void, void> {
  const part = new Portion(PAUSED_AT_ONCE);
  for (const queue of listed(store, names)) {
    if (queue.paused === paused) continue;
    if (part.isFull()) yield;
    store.turn.begin();
    store.write('UPDATE queue SET paused = ? WHERE id = ?', paused ? 1 : 0, queue.id);
    queue.paused = paused;
    if (!paused) store.counts.announce(queue);
  }
}

const BITE = 5000; // rows
const BITE_QUEUES = 200;

const READY = `FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? AND seq <= ? ORDER BY priority DESC, seq LIMIT ?`;
const READY_BYTES = `SELECT ${JOB_BYTES} AS bytes ${READY}`;
const READY_BITE = `SELECT id ${READY}`;
const DELETE_READY = `DELETE FROM job WHERE id IN (${READY_BITE})`;

/** A removal: ready jobs of the queue with `seq` up to `upTo` are deleted. */
interface Removal {
  readonly queue: number;
  readonly upTo: Micros;
  begun: boolean;
}

/** What one bite may still delete. */
interface Room {
  rows: number;
  bytes: number;
  queues: number;
}

/**
 * Removes queues and their ready jobs. From its first turn on none of these jobs is handed out.
 * Many queues and jobs are deleted in bites, so call it outside a turn.
 */
export async function remove(store: Store, names: readonly string[] | '*'): Promise<void> {
  const left = await store.turn.run(() => {
    const found = listed(store, names);
    if (found.length > 0) store.turn.begin(); // before anything changes in memory
    return removeBite(
      store,
      found.map((queue) => begin(store, queue)),
    );
  });
  try {
    while (left.length > 0) await store.turn.runLong(() => removeBite(store, left));
  } catch (error) {
    for (const removal of left) giveUp(store, removal);
    throw error;
  }
}

/** The storage failed: the jobs that are left can be handed out again. */
function giveUp({ counts }: Store, { queue: id, upTo, begun }: Removal): void {
  const queue = counts.queueOfId.get(id);
  if (queue?.removing !== upTo) return; // a rollback has read the queues again
  queue.removing = undefined;
  if (!begun || counts.readyIn(queue) > 0) queue.listed = true;
  counts.announce(queue);
}

/** Takes the queue out of the list in memory; the first bite of the queue writes it. */
function begin(store: Store, queue: Queue): Removal {
  const upTo = store.counts.next(store.clock());
  queue.listed = queue.paused = false;
  queue.removing = upTo;
  return { queue: queue.id, upTo, begun: false };
}

/** Deletes one bite, and takes the removals that are finished from the list. Returns the list. */
function removeBite(store: Store, left: Removal[]): Removal[] {
  const room = { rows: inOneBite(store, BITE), bytes: PORTION_BYTES, queues: BITE_QUEUES };
  let done = 0;
  for (const removal of left) {
    if (room.rows <= 0 || room.bytes <= 0 || room.queues <= 0) break;
    room.queues -= 1;
    if (removeSome(store, removal, room)) break;
    done += 1;
  }
  left.splice(0, done);
  return left;
}

/**
 * Deletes jobs of one queue; returns whether there are more.
 * Jobs pushed since the removal began stay, and become ready when it ends.
 */
function removeSome(store: Store, removal: Removal, room: Room): boolean {
  const { queue: id, upTo } = removal;
  const queue = store.counts.queueOfId.get(id);
  if (!queue) return false; // a flush has deleted everything
  store.turn.begin();
  if (!removal.begun) {
    // From memory: a push or a pause may have come since the removal began.
    const [isListed, isPaused] = [queue.listed ? 1 : 0, queue.paused ? 1 : 0];
    store.write('UPDATE queue SET listed = ?, paused = ? WHERE id = ?', isListed, isPaused, id);
    removal.begun = true;
  }
  const most = Math.min(room.rows, store.counts.readyIn(queue));
  const { rows, bytes } = fitting(store, READY_BYTES, [id, upTo, most], room.bytes);
  if (rows > 0) {
    const bite = [id, upTo, rows];
    happenedToAll(store, carriersIn(store, READY, bite), 'deleted');
    store.sql(DELETE_READY).run(...bite);
  }
  store.counts.moveReady(queue, -rows);
  room.rows -= rows;
  room.bytes -= bytes;
  const isCut = rows === most || room.bytes <= 0;
  if (isCut && store.counts.readyIn(queue) > 0) return true;
  if (queue.removing === upTo) queue.removing = undefined; // else a later removal goes on
  if (queue.removing === undefined) store.counts.announce(queue);
  return false;
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
