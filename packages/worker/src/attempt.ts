/*
 * One run of one job: arguments checked, handler inside its middleware, limits kept, and out comes one outcome.
 * It must never reject nor settle twice, whatever handlers, middleware and rules throw. A stranger would get wrong who decides: the first
 * of (1) the slot's signal, after which nobody listens, (2) release, discard, kill or retryIn of the context, (3) the hard limit,
 * (4) the end of the middleware chain. What a handler does after that changes nothing.
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

/** What the slot knows of a job that it wants run. */
export interface Given {
  readonly job: Job;
  readonly log: Logger;
  /** Aborted, with a FaktoryError, when the slot has told the job's end itself; it then ignores the outcome. */
  readonly signal: AbortSignal;
  /** False = the reservation is over. */
  extend(seconds: number): Promise<boolean>;
}

/** What holds for the jobs of all types. */
export interface RunRules {
  readonly middleware: readonly AnyMiddleware[];
  readonly errors: readonly ErrorRule[];
  /** Gives the arguments as the handler gets them. Throws FaktoryError `INVALID` for those that do not fit. */
  readonly checkArguments?:
    | ((jobtype: string, args: readonly unknown[]) => readonly unknown[] | Promise<readonly unknown[]>)
    | undefined;
}

/** Milliseconds that an isolated handler may use to clean up after the slot's signal, before it is ended by force. */
const grace = 5000;

export class Attempt {
  readonly #entry: TableEntry;
  readonly #given: Given;
  readonly #rules: RunRules;
  readonly #pool: Pool | undefined;
  readonly #context: JobContext;
  /** Ends the handler's work: the limits and the slot's signal in one. Without limits the slot's own will do. */
  readonly #control: AbortController | undefined;
  /** Ends the thread or process. */
  readonly #kill = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  /** What the handler said by its context: final. */
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

  /** Fails the job as if its handler had thrown this. False = the run has ended before. */
  fail(thrown: unknown): boolean {
    if (this.#settled) return false;
    this.#fail(thrown);
    return true;
  }

  /** The first word counts: a handler that swallows what discard() threw, and fails, has still discarded its job. */
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
    // Cut off while the arguments were checked or a middleware took its time: there is nobody to run for.
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
      // Another try would meet the same arguments. What the check itself breaks on may pass.
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
    // Both: the middleware hears of it, and one that does not end either holds nobody up.
    this.#giveUp(error);
    this.#fail(error);
  }

  #orGivenUp(running: unknown): Promise<unknown> {
    const givenUp = new Promise<never>((_resolve, reject) => {
      this.#giveUp = reject;
    });
    return Promise.race([running, givenUp]);
  }

  /** What becomes of the job by what was thrown: rules of its type, rules of the worker, its own delay, the server's. */
  #judge(thrown: unknown): Outcome {
    if (this.#verdict !== undefined) return this.#verdict;
    const late = this.#overdue;
    const error =
      late !== undefined && thrown !== late ? new JobTimeout(late.limit, { cause: thrown }) : thrown;
    // A limit's own stack is the timer's; where the handler was is what one wants to know.
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
      this.#context.log.warn(`retryDelay gave no milliseconds but ${String(ms)}: the server's delay holds`);
    } catch (cause) {
      this.#context.log.warn(`retryDelay failed, the server's delay holds: ${failureOf(cause).message}`);
    }
    return outcome;
  }
}
