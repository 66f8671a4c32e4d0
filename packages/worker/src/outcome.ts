/*
 * How the run of a job ended, as data: what the part of the worker that talks to the server is told.
 * It must never say how the server is told: that differs between servers. A stranger would get wrong that "failed" covers what a
 * handler asked for (dead at once, forgotten, its own delay): each of them has a failure that says why.
 */

import { type Failure, plainFailure } from './failure.ts';

/** What became of a run. Exactly one for each. */
export type Outcome =
  | { readonly to: 'done' }
  | {
      readonly to: 'failed';
      readonly failure: Failure;
      /** Instead of another try: into the dead set at once, or forgotten. */
      readonly fate?: 'dead' | 'discarded';
      /** Whole seconds until the next try, 0 or more; by the server's own curve when absent. */
      readonly retryIn?: number;
    }
  | {
      /** Handed back to the head of its queue, with no attempt used. */
      readonly to: 'released';
      /** What a server is told that takes no job back: there it fails. */
      readonly failure?: Failure;
    };

/** A failure that says only what and why. */
export function failed(
  errtype: string,
  message: string,
  rest: { fate?: 'dead' | 'discarded'; retryIn?: number } = {},
): Outcome {
  return { to: 'failed', failure: plainFailure(errtype, message), ...rest };
}

/** Milliseconds as the whole seconds of an outcome, rounded up. Undefined for what is no time from now. */
export function wholeSeconds(ms: unknown): number | undefined {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) return undefined;
  return Math.ceil(ms / 1000);
}
