/**
 * Refuses jobs for new queues when there are as many queues as allowed. A row of a queue that is
 * not listed counts too, because its scheduled jobs bring it back.
 */
import type { Entry, Refusal } from '../../engine.ts';
import type { Store } from '../state/store.ts';

/** The entries, except those in `refused`, for which there is no room. */
export function newQueues(
  store: Store,
  entries: readonly Entry[],
  refused: ReadonlySet<number>,
): readonly Refusal[] {
  const { queues } = store.counts;
  const room = store.maxQueues - queues.size;
  if (store.maxQueues === 0 || entries.length <= room) return [];
  const made = new Set<string>();
  const out: Refusal[] = [];
  for (const [index, { queue }] of entries.entries()) {
    if (refused.has(index) || queues.has(queue) || made.has(queue)) continue;
    if (made.size < room) made.add(queue);
    else out.push({ index, code: 'LIMIT', reason: newQueueReason(store, queue) });
  }
  return out;
}

/** Why a job for this new queue is refused, and what to do. */
export function newQueueReason({ maxQueues }: Store, name: string): string {
  return `queue ${name} is new, and there can be ${maxQueues} queues at most; use a queue that exists, remove queues, or raise max-queues`;
}
