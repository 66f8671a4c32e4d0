/*
 * The jobs that a worker has fetched and no slot has taken yet, in the order in which they run.
 */
import type { InHand } from './ends.ts';
import { merged } from './shares.ts';

/** A job in the worker's hands. */
export interface Ahead extends InHand {
  readonly rid: string;
  /** By `performance.now()`. */
  readonly since: number;
  /** Which ask brought it. */
  readonly ask: number;
  /** The reservation is gone: its end is nobody's business. */
  lost: boolean;
}

/** The line with these behind it; what the same ask brought from other queues runs side by side with them. */
export function queuedUp(ahead: readonly Ahead[], hands: readonly Ahead[]): Ahead[] {
  const sameAsk = ahead.findIndex(({ ask }) => ask === hands[0]?.ask);
  if (sameAsk < 0) return [...ahead, ...hands];
  return [...ahead.slice(0, sameAsk), ...merged(ahead.slice(sameAsk), hands)];
}
