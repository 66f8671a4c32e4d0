/**
 * The slots of a worker: the running jobs, how many more may start, and how they are aborted. They
 * neither fetch jobs nor report results.
 *
 * Note: an aborted job has ended for the worker, although its handler may still run; what the
 * handler does afterwards does not count.
 */

import type { FaktoryError, Job } from '@faktory-ts/protocol';
import { plainFailure } from './failure.ts';
import type { WorkerObserver } from './observer.ts';
import type { Outcome } from './outcome.ts';

/** What the run of a job can use besides the job. */
export interface Hands {
  /** Aborted with the reason when the worker's time to stop is over, or the reservation is lost. */
  signal: AbortSignal;
  /**
   * Extends the reservation to at least this number of seconds from now. Returns false when the
   * reservation is over.
   */
  extend: (seconds: number) => Promise<boolean>;
}

/** Runs a job to its end. Must not reject. */
type Run = (job: Job, hands: Hands) => Promise<Outcome>;

/** A job that runs now. */
export interface RunningJob {
  readonly job: Job;
  /** By `performance.now()`. */
  readonly startedAt: number;
}

interface Running extends RunningJob {
  end(outcome: Outcome): void;
  readonly control: AbortController;
}

/** Options of the slots. */
export interface SlotsOptions {
  concurrency: number;
  /** Most running jobs by type; a type without a limit may fill all slots. */
  typeLimits: ReadonlyMap<string, number>;
  run: Run;
  observer?: WorkerObserver;
}

const longRun = 500; // ms

export class Slots {
  readonly concurrency: number;
  readonly #options: SlotsOptions;
  readonly #running = new Set<Running>();
  readonly #ofType = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #long: RunningJob[] = [];
  #outOfTime: FaktoryError | undefined;

  constructor(options: SlotsOptions) {
    this.concurrency = options.concurrency;
    this.#options = options;
  }

  get busy(): number {
    return this.#running.size;
  }

  get free(): number {
    return this.concurrency - this.#running.size;
  }

  /** The longest running first. */
  running(): readonly RunningJob[] {
    return [...this.#running];
  }

  /** The jobs that took 500 ms or more and ended since the last call. */
  takeLong(): readonly RunningJob[] {
    const long = this.#long;
    this.#long = [];
    return long;
  }

  /** Whether a job of this type may run now. */
  admits(jobtype: string): boolean {
    if (this.free < 1) return false;
    const limit = this.#options.typeLimits.get(jobtype);
    return limit === undefined || (this.#ofType.get(jobtype) ?? 0) < limit;
  }

  /** Runs an admitted job. Never rejects; settles when the job ends or is aborted. */
  start(job: Job, extend: Hands['extend']): Promise<Outcome> {
    if (this.#outOfTime) return Promise.resolve(released(this.#outOfTime));
    const limited = this.#options.typeLimits.has(job.jobtype);
    if (limited) this.#count(job.jobtype, 1);
    return new Promise((resolve) => {
      const control = new AbortController();
      const running: Running = {
        job,
        startedAt: performance.now(),
        control,
        end: (outcome) => {
          // Ignore the end of a handler after its job was aborted.
          if (!this.#running.delete(running)) return;
          if (limited) this.#count(job.jobtype, -1);
          const ms = performance.now() - running.startedAt;
          if (ms >= longRun) this.#long.push(running);
          this.#options.observer?.ended?.(job, outcome, ms);
          resolve(outcome);
          for (const listener of this.#listeners) listener();
        },
      };
      this.#running.add(running);
      this.#options.observer?.started?.(job);
      void this.#options.run(job, { signal: control.signal, extend }).then(running.end);
    });
  }

  /** Calls the listener whenever a slot becomes free, until the returned function is called. */
  onFree(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Aborts all running jobs, which are then returned to the server, and every job that is started
   * later.
   */
  cut(reason: FaktoryError): void {
    this.#outOfTime = reason;
    for (const running of [...this.#running]) cutShort(running, reason);
  }

  /** Aborts this job, because its reservation is lost. */
  lose(job: Job, reason: FaktoryError): void {
    for (const running of [...this.#running]) if (running.job === job) cutShort(running, reason);
  }

  #count(jobtype: string, by: number): void {
    this.#ofType.set(jobtype, (this.#ofType.get(jobtype) ?? 0) + by);
  }
}

function cutShort(running: Running, reason: FaktoryError): void {
  running.end(released(reason));
  running.control.abort(reason);
}

function released(reason: FaktoryError): Outcome {
  return { to: 'released', failure: plainFailure('WorkerStopped', reason.message) };
}
