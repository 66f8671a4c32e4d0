/**
 * The context of a handler and its middleware: facts about the run, and ways to end the job early.
 * It sends nothing to the server itself.
 *
 * Note: the methods that end a job throw, so that no code after them runs. The first such call
 * decides, even when a `catch` swallows what it threw.
 */

import { setMaxListeners } from 'node:events';
import { defaultRetry, FaktoryError, type Job, maxReserve } from '@faktory-ts/protocol';
import { type Logger, withFields } from './log.ts';
import { failed, type Outcome, wholeSeconds } from './outcome.ts';

/**
 * What a handler gets besides its arguments. May be destructured.
 *
 * `release`, `discard`, `kill` and `retryIn` end the job: they throw, so that no code after them
 * runs. Do not catch what they throw, or throw it again. The first call decides, even when its
 * error is swallowed.
 */
export interface JobContext<J extends Job = Job> {
  readonly jid: string;
  /**
   * The whole job as it was fetched, including `custom` and the `failure` of an earlier attempt.
   */
  readonly job: J;
  /** Number of this run of the job: 1 for the first. */
  readonly attempt: number;
  /** Whether the job has no retries left after this attempt. */
  readonly lastAttempt: boolean;
  /**
   * Aborted when it is useless to continue. Its reason is a {@link JobTimeout} at a time limit, or
   * a FaktoryError: `SHUTDOWN` when the worker's time to stop is over, `STALE` when the reservation
   * is lost. After those two codes the job runs again elsewhere, and what the handler still does or
   * returns does not count.
   */
  readonly signal: AbortSignal;
  /** The worker's logger; each line carries jid and jobtype. */
  readonly log: Logger;
  /**
   * Extends the reservation to at least this number of seconds from now, 1 to 86,400. Returns false
   * when the reservation is over.
   *
   * @throws FaktoryError `INVALID` for another number; an error of the connection when the server
   * cannot be reached.
   */
  extend(seconds: number): Promise<boolean>;
  /** Returns the job to the head of its queue, for another worker. No attempt is used. */
  release(): never;
  /** Deletes the job: no retry, not in the dead set. */
  discard(reason?: string): never;
  /** Moves the job to the dead set, even when it has retries left. */
  kill(reason?: string): never;
  /**
   * Fails this attempt and retries after this number of milliseconds, rounded up to whole seconds.
   *
   * @throws FaktoryError `INVALID` for a negative or infinite number.
   */
  retryIn(ms: number, reason?: string): never;
}

/** Number of this run of the job: 1 for the first. */
export function attemptOf({ failure }: Job): number {
  return (failure?.retry_count ?? -1) + 2;
}

/** What a context is made from. */
export interface ContextSource {
  job: Job;
  signal: AbortSignal;
  log: Logger;
  extend(seconds: number): Promise<boolean>;
  /** Called when the handler ended the job early. Only the first call counts. */
  end(outcome: Outcome): void;
}

export function createContext(source: ContextSource): JobContext {
  return new Context(source);
}

/**
 * Stops a handler that ended its job. Its message explains it to a reader who finds it in a log.
 */
class JobEnded extends Error {
  override readonly name = 'JobEnded';

  constructor() {
    super(
      'the handler ended its job (release, discard, kill or retryIn); this only stops it and must not be caught',
    );
  }
}

class Context implements JobContext {
  readonly job: Job;
  readonly #source: ContextSource;
  #log: Logger | undefined;

  constructor(source: ContextSource) {
    this.job = source.job;
    this.#source = source;
  }

  get jid(): string {
    return this.job.jid;
  }

  get attempt(): number {
    return attemptOf(this.job);
  }

  get lastAttempt(): boolean {
    // retry = n allows n + 1 runs; a negative number allows one.
    return this.attempt > Math.max(this.job.retry ?? defaultRetry, 0);
  }

  get signal(): AbortSignal {
    // Many listeners, such as parallel fetch() calls, are no leak: the signal ends with the run.
    setMaxListeners(0, this.#source.signal);
    return this.#source.signal;
  }

  get log(): Logger {
    const { jid, jobtype } = this.job;
    this.#log ??= withFields(this.#source.log, { jid, jobtype });
    return this.#log;
  }

  readonly extend = async (seconds: number): Promise<boolean> => {
    if (Number.isInteger(seconds) && seconds >= 1 && seconds <= maxReserve)
      return this.#source.extend(seconds);
    throw new FaktoryError(
      'INVALID',
      `extend takes whole seconds, 1 to ${maxReserve}, not ${String(seconds)}`,
    );
  };

  readonly release = (): never => this.#end({ to: 'released' });

  readonly discard = (reason = 'its handler discarded the job'): never =>
    this.#end(failed('Discarded', String(reason), { fate: 'discarded' }));

  readonly kill = (reason = 'its handler killed the job'): never =>
    this.#end(failed('Killed', String(reason), { fate: 'dead' }));

  readonly retryIn = (ms: number, reason = 'its handler wants to try later'): never => {
    const seconds = wholeSeconds(ms);
    if (seconds === undefined) {
      throw new FaktoryError('INVALID', `retryIn takes milliseconds, 0 or more, not ${String(ms)}`);
    }
    return this.#end(failed('RetryIn', String(reason), { retryIn: seconds }));
  };

  #end(outcome: Outcome): never {
    this.#source.end(outcome);
    throw new JobEnded();
  }
}
