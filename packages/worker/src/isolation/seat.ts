/**
 * One thread or process that runs the jobs of one type, one at a time: loading → idle ⇄ running →
 * dead. Whatever happens to the thread or process, its run settles.
 *
 * Note: a seat gets its first job while it loads; the limits of that job begin when the handler
 * does.
 */

import type { Job } from '@faktory-ts/protocol';
import type { JobContext } from '../context.ts';
import { JobCrashed } from '../job-errors.ts';
import type { Logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import { type Carrier, openCarrier } from './carrier.ts';
import { copyError, restoreError } from './error-copy.ts';
import type { Report } from './messages.ts';
import type { Seating } from './options.ts';

/** A job for a seat, with its callbacks. */
export interface Task {
  readonly context: JobContext<Job>;
  readonly args: readonly unknown[];
  readonly log: Logger;
  /** Aborted: end the job by force. */
  readonly kill: AbortSignal;
  /** Called when the handler begins. */
  started(): void;
  /** Called when the handler ended the job by its context. */
  end(verdict: Outcome): void;
}

/** Events that a seat reports to its pool. */
export interface SeatEvents {
  /** The seat can run another job. */
  idle(seat: Seat): void;
  /** The seat has ended for good. */
  dead(seat: Seat): void;
}

interface Running {
  readonly task: Task;
  resolve(): void;
  reject(error: unknown): void;
}

const longestLoad = 30_000; // ms
const mebibyte = 2 ** 20;

export class Seat {
  /** Settles when the thread or process is gone. */
  readonly gone: Promise<void>;
  readonly #jobtype: string;
  readonly #seating: Seating;
  readonly #events: SeatEvents;
  readonly #carrier: Carrier;
  readonly #loading: NodeJS.Timeout;
  #state: 'loading' | 'idle' | 'running' | 'dead' = 'loading';
  #running: Running | undefined;
  /** Number of the latest run. */
  #number = 0;
  #why: string | undefined;
  #killed = false;
  /** Logger of the latest job, for a death between two jobs. */
  #log: Logger | undefined;

  constructor(jobtype: string, seating: Seating, events: SeatEvents) {
    this.#jobtype = jobtype;
    this.#seating = seating;
    this.#events = events;
    let tellGone = (): void => {};
    this.gone = new Promise((resolve) => {
      tellGone = resolve;
    });
    const died = (how: string): void => {
      this.#died(how);
      tellGone();
    };
    this.#carrier = openCarrier(jobtype, seating, { report: (report) => this.#hear(report), died });
    this.#carrier.post({ say: 'load', file: seating.file.href, jobtype });
    this.#loading = setTimeout(() => this.kill(`${seating.file.href} did not load within 30 s`), longestLoad);
  }

  /**
   * Runs the job. Rejects with what its handler threw, with {@link JobCrashed}, or with the reason
   * of its signal when that is aborted before the handler begins.
   */
  run(task: Task): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = { task, resolve, reject };
      this.#log = task.log;
      task.kill.addEventListener('abort', this.#onKill);
      task.context.signal.addEventListener('abort', this.#onAbort);
      if (this.#state === 'idle') this.#begin();
    });
  }

  /** Ends the seat at once. The failure of its job says `why`, instead of how the seat died. */
  kill(why?: string): void {
    this.#why ??= why;
    this.#killed = true;
    this.#carrier.kill();
  }

  readonly #onKill = (): void => this.kill();

  readonly #onAbort = (): void => {
    if (this.#running === undefined) return;
    const { reason } = this.#running.task.context.signal;
    if (this.#state === 'running') {
      this.#carrier.post({ say: 'abort', run: this.#number, reason: copyError(reason) });
    } else this.#settle()?.reject(reason);
  };

  #begin(): void {
    if (this.#running === undefined) {
      this.#state = 'idle';
      this.#events.idle(this);
      return;
    }
    this.#state = 'running';
    const { task } = this.#running;
    this.#number++;
    task.started();
    try {
      this.#carrier.post({ say: 'run', run: this.#number, job: task.context.job, args: task.args });
    } catch (error) {
      // Arguments that a schema has converted may hold values that cannot be copied.
      this.#settle()?.reject(error);
      this.#begin();
    }
  }

  #hear(report: Report): void {
    switch (report.say) {
      case 'loaded':
        clearTimeout(this.#loading);
        this.#begin();
        break;
      case 'not loaded':
        this.#settle()?.reject(restoreError(report.error));
        this.kill();
        break;
      case 'log':
        if (report.run === this.#number) this.#running?.task.log[report.level](report.message, report.fields);
        break;
      case 'extend':
        void this.#extend(report.run, report.call, report.seconds);
        break;
      case 'ended':
        this.#ended(report);
    }
  }

  async #extend(run: number, call: number, seconds: number): Promise<void> {
    const context = run === this.#number ? this.#running?.task.context : undefined;
    try {
      const held = (await context?.extend(seconds)) ?? false;
      this.#carrier.post({ say: 'extended', run, call, held });
    } catch (error) {
      this.#carrier.post({ say: 'extended', run, call, error: copyError(error) });
    }
  }

  #ended({ verdict, error, memory }: Report & { say: 'ended' }): void {
    const running = this.#settle();
    if (verdict !== undefined) running?.task.end(verdict);
    if (error === undefined) running?.resolve();
    else running?.reject(restoreError(error));
    const { recycleAfter = Number.POSITIVE_INFINITY, recycleAbove = Number.POSITIVE_INFINITY } =
      this.#seating;
    if (this.#number >= recycleAfter || memory > recycleAbove * mebibyte) this.kill();
    else this.#begin();
  }

  #died(how: string): void {
    clearTimeout(this.#loading);
    const idle = this.#state === 'idle';
    const when = this.#state === 'running' ? 'while the job ran' : 'before the job began';
    this.#state = 'dead';
    this.#settle()?.reject(new JobCrashed(`${this.#why ?? how} ${when}`));
    if (idle && !this.#killed) this.#log?.warn(`${how} between two jobs`, { jobtype: this.#jobtype });
    this.#events.dead(this);
  }

  /** Ends the current run and removes its listeners. */
  #settle(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    running?.task.kill.removeEventListener('abort', this.#onKill);
    running?.task.context.signal.removeEventListener('abort', this.#onAbort);
    return running;
  }
}
