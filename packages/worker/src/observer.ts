/*
 * What a worker tells while it works, for figures and health: fetches, jobs, beats, the delay of the event loop.
 * It must never change what a worker does, nor be given a job's arguments in anything that is printed. A stranger would get wrong
 * that an observer is called in the hot path: what it does is paid by every job, and what it throws brings the process down.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';

/** How a run ended. */
export interface RunEnd {
  /** `released`: it was handed back, or cut short, and goes back to its queue. */
  readonly to: Outcome['to'];
  /** Of a failed one that is not tried again: into the dead set at once, or forgotten. */
  readonly fate?: 'dead' | 'discarded';
  /** What the server is told. Absent = done. */
  readonly failure?: Failure;
}

/**
 * Hears what a worker does, as it happens. All methods are optional, and none may throw or be slow.
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
  /** The server is about to be asked for jobs. */
  fetching?(): void;
  /** It answered, with so many jobs; 0 when there were none. Not called for a fetch that failed. */
  fetched?(count: number): void;
  /** The handler of a job is about to be called. */
  started?(job: Job): void;
  /** A job ended, after so many milliseconds. */
  ended?(job: Job, end: RunEnd, ms: number): void;
  /** A beat was answered, or failed. */
  beat?(ok: boolean): void;
  /** How late the event loop was, in milliseconds, four times a second. */
  lag?(ms: number): void;
}

/** Tells all of them, also those that join the list later. */
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
