/**
 * The events of a worker for metrics and health: fetches, jobs, beats, delays of the event loop.
 *
 * Note: an observer is called in the hot path, so every job pays for what it does, and an error
 * that it throws ends the process.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';

/** How a run ended. */
export interface RunEnd {
  /** `released`: the job was returned by its handler or aborted, and goes back to its queue. */
  readonly to: Outcome['to'];
  /** For a failed job without a retry: moved to the dead set, or deleted. */
  readonly fate?: 'dead' | 'discarded';
  /** The failure that is sent to the server. Absent = done. */
  readonly failure?: Failure;
}

/**
 * Gets the events of a worker as they happen. All methods are optional, and none may throw or be
 * slow.
 *
 *
 * @example
 * ```ts
 * let failures = 0;
 * const worker = new Worker({
 *   handlers: { Greet: () => undefined },
 *   observer: { ended: (_job, { to }) => void (to === 'failed' && failures++) },
 * });
 * ```
 */
export interface WorkerObserver {
  /** The worker is about to fetch jobs. */
  fetching?(): void;
  /**
   * The server answered with this number of jobs, 0 for none. Not called for a fetch that failed.
   */
  fetched?(count: number): void;
  /** The handler of a job is about to be called. */
  started?(job: Job): void;
  /** A job ended after this number of milliseconds. */
  ended?(job: Job, end: RunEnd, ms: number): void;
  /** A beat was answered (true) or failed (false). */
  beat?(ok: boolean): void;
  /** Delay of the event loop in milliseconds, four times a second. */
  lag?(ms: number): void;
}

/** Calls all observers of the list, also those that are added later. */
export function observers(list: readonly WorkerObserver[]): WorkerObserver {
  return {
    fetching: () => list.forEach((one) => void one.fetching?.()),
    fetched: (count) => list.forEach((one) => void one.fetched?.(count)),
    started: (job) => list.forEach((one) => void one.started?.(job)),
    ended: (job, end, ms) => list.forEach((one) => void one.ended?.(job, end, ms)),
    beat: (ok) => list.forEach((one) => void one.beat?.(ok)),
    lag: (ms) => list.forEach((one) => void one.lag?.(ms)),
  };
}
