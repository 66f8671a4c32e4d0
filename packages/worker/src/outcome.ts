/**
 * The outcome of a run as data, for the part of the worker that reports it to the server.
 *
 * Note: "failed" includes what a handler asked for (kill, discard, its own delay), because each of
 * these has a failure with the reason.
 */

import { type Failure, plainFailure } from './failure.ts';

/** The outcome of a run. Each run has exactly one. */
export type Outcome =
  | { readonly to: 'done' }
  | {
      readonly to: 'failed';
      readonly failure: Failure;
      /** Instead of a retry: move the job to the dead set, or delete it. */
      readonly fate?: 'dead' | 'discarded';
      /** Whole seconds until the retry, 0 or more; the server's delay when absent. */
      readonly retryIn?: number;
    }
  | {
      /** Returned to the head of its queue, without using an attempt. */
      readonly to: 'released';
      /** Reported to a server that cannot take a job back: there the job fails. */
      readonly failure?: Failure;
    };

/** Makes a failed outcome of a type and a message. */
export function failed(
  errtype: string,
  message: string,
  rest: { fate?: 'dead' | 'discarded'; retryIn?: number } = {},
): Outcome {
  return { to: 'failed', failure: plainFailure(errtype, message), ...rest };
}

/**
 * Converts milliseconds to whole seconds, rounded up. Undefined for a bad, negative or infinite
 * value.
 */
export function wholeSeconds(ms: unknown): number | undefined {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) return undefined;
  return Math.ceil(ms / 1000);
}
