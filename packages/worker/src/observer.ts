/*
 * What a worker tells while it works, for figures and health: fetches, jobs, beats, the delay of the event loop.
 * It must never change what a worker does, nor be given a job's arguments in anything that is printed. A stranger would get wrong
 * that an observer is called in the hot path: what it does is paid by every job, and what it throws brings the process down.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Outcome } from './outcome.ts';

/**
 * Hears what a worker does, as it happens. All methods are optional, and none may throw or be slow.
 *
 * @example
 * ```ts
 * let failures = 0;
 * const worker = new Worker({
 *   handlers: { Greet: () => undefined },
 *   observer: { ended: (_job, outcome) => void (outcome.to === 'failed' && failures++) },
 * });
 * ```
 */
export interface WorkerObserver {
  /** The server is about to be asked for jobs. */
  fetching?(): void;
  /** It answered, with so many jobs; 0 when there were none. Not called for a fetch that failed. */
  fetched?(count: number): void;
  /** The handler of a job is about to be called. */
  started?(job: Job): void;
  /** A job ended, after so many milliseconds. `released`: it was cut short and goes back to its queue. */
  ended?(job: Job, outcome: { readonly to: Outcome['to'] }, ms: number): void;
  /** A beat was answered, or failed. */
  beat?(ok: boolean): void;
  /** How late the event loop was, in milliseconds, four times a second. */
  lag?(ms: number): void;
}

/** Tells several. */
export function observers(list: readonly WorkerObserver[]): WorkerObserver {
  return {
    fetching: () => list.forEach((one) => void one.fetching?.()),
    fetched: (count) => list.forEach((one) => void one.fetched?.(count)),
    started: (job) => list.forEach((one) => void one.started?.(job)),
    ended: (job, outcome, ms) => list.forEach((one) => void one.ended?.(job, outcome, ms)),
    beat: (ok) => list.forEach((one) => void one.beat?.(ok)),
    lag: (ms) => list.forEach((one) => void one.lag?.(ms)),
  };
}
