/**
 * Runs one job once: checks its arguments, calls the handler inside its middleware, applies the
 * time limits, and returns one outcome. Never rejects and never settles twice, whatever handlers,
 * middleware and rules throw.
 *
 * The first of these decides the outcome, and what the handler does afterwards changes nothing:
 * (1) the slot's signal, (2) release, discard, kill or retryIn of the context, (3) the hard limit,
 * (4) the end of the middleware chain.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { createContext, type JobContext } from './context.ts';
import { type ErrorRule, ruleOn } from './error-rules.ts';
import { failureOf } from './failure.ts';
import type { TableEntry } from './handlers.ts';
import type { Pool } from './isolation/pool.ts';
import { JobTimeout } from './job-errors.ts';
import type { Logger } from './log.ts';
import { type AnyMiddleware, runAround } from './middleware.ts';
import { failed, type Outcome, wholeSeconds } from './outcome.ts';

/** What the slot passes for a job that is to run. */
export interface Given {
  readonly job: Job;
  readonly log: Logger;
  /**
   * Aborted with a FaktoryError when the slot has decided the outcome; it then ignores this one.
   */
  readonly signal: AbortSignal;
  /** False = the reservation is over. */
  extend(seconds: number): Promise<boolean>;
}

/** Rules for the jobs of all types. */
export interface RunRules {
  readonly middleware: readonly AnyMiddleware[];
  readonly errors: readonly ErrorRule[];
  /** Returns the arguments for the handler. Throws FaktoryError `INVALID` for bad arguments. */
  readonly checkArguments?:
    | ((jobtype: string, args: readonly unknown[]) => readonly unknown[] | Promise<readonly unknown[]>)
    | undefined;
}

/** Milliseconds that an isolated handler has for its clean-up after the slot's signal. */
const grace = 5000;

export class Attempt {
  readonly #entry: TableEntry;
  readonly #given: Given;
  readonly #rules: RunRules;
  readonly #pool: Pool | undefined;
  readonly #context: JobContext;
  /**
   * Combines the limits and the slot's signal. Without limits the slot's signal is used directly.
   */
  readonly #control: AbortController | undefined;
  /** Ends the thread or process. */
  readonly #kill = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  /** The outcome that the handler chose by its context: final. */
  #verdict: Outcome | undefined;
  #overdue: JobTimeout | undefined;
  #settled = false;
  #resolve: (outcome: Outcome) => void = () => {};
  #giveUp: (error: JobTimeout) => void = () => {};

  constructor(entry: TableEntry, given: Given, rules: RunRules, pool: Pool | undefined) {
    this.#entry = entry;
    this.#given = given;
    this.#rules = rules;
    this.#pool = pool;
    const limited = entry.timeout !== undefined || entry.hardTimeout !== undefined;
    this.#control = limited ? new AbortController() : undefined;
    this.#context = createContext({
      job: given.job,
      log: given.log,
      signal: this.#control?.signal ?? given.signal,
      extend: (seconds) => given.extend(seconds),
      end: this.#end,
    });
  }

  /** Runs the job, once. Never rejects. */
  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      const { signal } = this.#given;
      if (signal.aborted) return this.#cut();
      signal.addEventListener('abort', this.#cut);
      void runAround(this.#rules.middleware, this.#context, () => this.#handler()).then(
        () => this.#settle({ to: 'done' }),
        (thrown: unknown) => this.#fail(thrown),
      );
    });
  }

  /**
   * Fails the job as if its handler had thrown this. Returns false when the run has already ended.
   */
  fail(thrown: unknown): boolean {
    if (this.#settled) return false;
    this.#fail(thrown);
    return true;
  }

  /**
   * Only the first call counts: when a handler catches what discard() threw and then fails, the job
   * is still discarded.
   */
  readonly #end = (outcome: Outcome): void => {
    this.#verdict ??= outcome;
  };

  #fail(thrown: unknown): void {
    if (!this.#settled) this.#settle(this.#judge(thrown));
  }

  #settle(outcome: Outcome): void {
    this.#settled = true;
    this.#given.signal.removeEventListener('abort', this.#cut);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#resolve(this.#verdict ?? outcome);
  }

  readonly #cut = (): void => {
    const reason: unknown = this.#given.signal.reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    this.#settle(failed('WorkerStopped', message));
    this.#control?.abort(reason);
    if (this.#pool === undefined) return;
    this.#timers.push(setTimeout(() => this.#kill.abort(), grace).unref());
  };

  async #handler(): Promise<void> {
    const { checkArguments } = this.#rules;
    const args = checkArguments === undefined ? this.#given.job.args : await this.#checked(checkArguments);
    // The run ended while the arguments were checked or a middleware worked: do not start the
    // handler.
    if (this.#settled) return;
    const { call, hardTimeout } = this.#entry;
    if (this.#pool !== undefined) {
      await this.#orGivenUp(this.#isolated(this.#pool, args));
      return;
    }
    this.#startLimits();
    const running = call?.(this.#context, args);
    await (hardTimeout === undefined ? running : this.#orGivenUp(running));
  }

  async #isolated(pool: Pool, args: readonly unknown[]): Promise<void> {
    try {
      await pool.run({
        context: this.#context,
        args,
        log: this.#given.log,
        kill: this.#kill.signal,
        started: () => this.#startLimits(),
        end: this.#end,
      });
    } finally {
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  async #checked(check: NonNullable<RunRules['checkArguments']>): Promise<readonly unknown[]> {
    const { jobtype, args } = this.#given.job;
    try {
      return await check(jobtype, args);
    } catch (error) {
      // A retry would have the same arguments. Other errors of the check itself may be temporary.
      if (error instanceof FaktoryError && error.code === 'INVALID') {
        this.#end(failed('InvalidArguments', error.message, { fate: 'dead' }));
      }
      throw error;
    }
  }

  #startLimits(): void {
    const { timeout, hardTimeout } = this.#entry;
    if (timeout !== undefined) this.#timers.push(setTimeout(() => this.#soft(timeout), timeout));
    if (hardTimeout !== undefined) this.#timers.push(setTimeout(() => this.#hard(hardTimeout), hardTimeout));
  }

  #soft(limit: number): void {
    this.#overdue = new JobTimeout(limit);
    this.#control?.abort(this.#overdue);
  }

  #hard(limit: number): void {
    const error = new JobTimeout(limit);
    this.#overdue = error;
    this.#control?.abort(error);
    this.#kill.abort();
    if (this.#pool === undefined) {
      this.#context.log.warn(
        `the handler did not end at its hard limit of ${limit} ms, and goes on in the worker's thread`,
      );
    }
    // Both: the middleware gets the error, and the job fails even when the middleware does not end.
    this.#giveUp(error);
    this.#fail(error);
  }

  #orGivenUp(running: unknown): Promise<unknown> {
    const givenUp = new Promise<never>((_resolve, reject) => {
      this.#giveUp = reject;
    });
    return Promise.race([running, givenUp]);
  }

  /**
   * Decides the outcome of an error: by the rules of the job's type, then those of the worker, then
   * the type's own delay, then the server's.
   */
  #judge(thrown: unknown): Outcome {
    if (this.#verdict !== undefined) return this.#verdict;
    const late = this.#overdue;
    const error =
      late !== undefined && thrown !== late ? new JobTimeout(late.limit, { cause: thrown }) : thrown;
    // The stack of a limit's error shows a timer; the stack of the thrown error shows the handler.
    const { backtrace } = failureOf(thrown, this.#given.job.backtrace);
    const failure = { ...failureOf(error), backtrace };
    const rules = [...(this.#entry.errors ?? []), ...this.#rules.errors];
    return ruleOn(rules, error, failure, this.#context) ?? this.#byDelay(error, { to: 'failed', failure });
  }

  #byDelay(error: unknown, outcome: Outcome & { to: 'failed' }): Outcome {
    const { retryDelay } = this.#entry;
    if (retryDelay === undefined) return outcome;
    try {
      const ms: unknown = retryDelay(this.#context.attempt, error);
      const retryIn = wholeSeconds(ms);
      if (retryIn !== undefined) return { ...outcome, retryIn };
      this.#context.log.warn(
        `retryDelay returned ${String(ms)}, not a number of milliseconds: the server's delay is used`,
      );
    } catch (cause) {
      this.#context.log.warn(`retryDelay failed, so the server's delay is used: ${failureOf(cause).message}`);
    }
    return outcome;
  }
}
