/**
 * Deletes the rows of queues that are unlisted and have no jobs in any place, so that clients that
 * push to ever new names and remove them do not grow the store.
 *
 * No index has the queue of jobs in the timed places, so this reads all rows of `job` and `former`,
 * in bites of one turn each. A queue that gets a job meanwhile leaves `counts.suspects`.
 */
import type { Queue } from '../state/counts.ts';
import type { Store } from '../state/store.ts';

const MANY = 1000; // unused queues that are worth reading all jobs
const READ = 2000; // rows in one turn
const DELETED = 500; // queues in one turn
const HOUR = 3_600_000_000; // µs

const JOBS = `SELECT id, queue, queue AS other FROM job WHERE id > ? ORDER BY id LIMIT ${READ}`;
// After the jobs: a change that can be undone moves rows from `job` to `former`.
const FORMER = `SELECT id, queue, to_queue AS other FROM former WHERE id > ? ORDER BY id LIMIT ${READ}`;

export class UnusedQueues {
  /** Unlisted queues with jobs, as the last search found; searched for again after an hour. */
  #kept = 0;
  #keptUntil = 0;

  /**
   * Deletes the unused queues when there are many, or any when there are as many queues as allowed.
   * Returns how many; 0 on `signal`. Call it outside a turn.
   */
  async delete(store: Store, signal?: AbortSignal): Promise<number> {
    const { suspects } = store.counts;
    if (suspects.size > 0) return 0; // runs already
    for (const queue of store.counts.queues.values()) if (isUnused(store, queue)) suspects.add(queue.id);
    const count = suspects.size;
    try {
      if (count < this.#least(store)) return 0;
      await readAll(store, JOBS, signal);
      await readAll(store, FORMER, signal);
      if (signal?.aborted) return 0;
      const deleted = await deleteRows(store);
      this.#kept = count - deleted;
      this.#keptUntil = store.steady() + HOUR;
      return deleted;
    } finally {
      suspects.clear();
    }
  }

  /** Doubles what was kept, or queues with scheduled jobs only would cause a search each minute. */
  #least({ steady, counts, maxQueues }: Store): number {
    const kept = steady() < this.#keptUntil ? this.#kept : 0;
    const isFull = maxQueues > 0 && counts.queues.size >= maxQueues;
    return isFull ? kept + 1 : Math.max(MANY, 2 * kept);
  }
}

function isUnused(store: Store, queue: Queue): boolean {
  return !queue.listed && queue.removing === undefined && store.counts.readyIn(queue) === 0;
}

/** Reads all rows, and takes the queues that they have out of the suspects. */
async function readAll(store: Store, sql: string, signal?: AbortSignal): Promise<void> {
  const { suspects } = store.counts;
  for (let after: number | undefined = 0; after !== undefined && suspects.size > 0 && !signal?.aborted; ) {
    const from: number = after;
    after = await store.turn.run(() => {
      const rows = store.sql(sql).all(from) as { id: number; queue: number; other: number }[];
      for (const { queue, other } of rows) {
        suspects.delete(queue);
        suspects.delete(other);
      }
      return rows.length < READ ? undefined : rows.at(-1)?.id;
    });
  }
}

async function deleteRows(store: Store): Promise<number> {
  const { suspects } = store.counts;
  const ids = [...suspects];
  let deleted = 0;
  for (let from = 0; from < ids.length; from += DELETED) {
    deleted += await store.turn.run(() => {
      const unused = ids.slice(from, from + DELETED).filter((id) => {
        const queue = store.counts.queueOfId.get(id);
        return queue !== undefined && suspects.has(id) && isUnused(store, queue);
      });
      if (unused.length > 0) store.turn.begin();
      for (const id of unused) {
        store.write('DELETE FROM queue WHERE id = ?', id);
        store.counts.deleteQueue(id);
      }
      return unused.length;
    });
  }
  return deleted;
}
