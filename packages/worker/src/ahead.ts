/**
 * The jobs that a worker has fetched and no slot has taken yet, in the order in which they run.
 */
import type { InHand } from './ends.ts';
import { merged } from './shares.ts';

/** A fetched job that waits for a slot. */
export interface Ahead extends InHand {
  readonly rid: string;
  /** By `performance.now()`. */
  readonly since: number;
  /** Number of the FETCHB that returned the job. */
  readonly ask: number;
  /** The reservation is gone, so the result is not reported. */
  lost: boolean;
}

/**
 * Adds the fetched jobs to the end of the queue. Jobs that the same FETCHB returned for several
 * queues are mixed, so that their queues run side by side.
 */
export function queuedUp(ahead: readonly Ahead[], hands: readonly Ahead[]): Ahead[] {
  const sameAsk = ahead.findIndex(({ ask }) => ask === hands[0]?.ask);
  if (sameAsk < 0) return [...ahead, ...hands];
  return [...ahead.slice(0, sameAsk), ...merged(ahead.slice(sameAsk), hands)];
}
