/*
 * What a handler and the middleware around it are given beside the arguments: facts about the run, and ways to end it early.
 * It must never tell the server anything itself. A stranger would get wrong that the ways to end a job throw, so that nothing
 * behind them runs, and that the first of them counts whatever becomes of what it threw: a catch in the way changes nothing.
 */

import { setMaxListeners } from 'node:events';
import { defaultRetry, FaktoryError, type Job, maxReserve } from '@faktory-ts/protocol';
import { type Logger, withFields } from './log.ts';
import { failed, type Outcome, wholeSeconds } from './outcome.ts';

/**
 * What a handler is told, and can do, beside its arguments. May be destructured.
 *
 * `release`, `discard`, `kill` and `retryIn` end the job: they throw, so that nothing behind them runs. Do not catch what they throw,
 * or throw it again; the first call decides, also when its error is swallowed.
 */
export interface JobContext<J extends Job = Job> {
  readonly jid: string;
  /** The whole job as it came, `failure` of an earlier attempt and `custom` included. */
  readonly job: J;
  /** Which run of the job this is: 1 for the first. */
  readonly attempt: number;
  /** Whether the job gets no more tries when this one fails. */
  readonly lastAttempt: boolean;
  /**
   * Aborted when going on is of no use. Its reason says why: a {@link JobTimeout} at a time limit; a FaktoryError `SHUTDOWN` when the
   * worker is out of time, or `STALE` when the reservation is lost. After those two the job runs again elsewhere, and what the handler
   * still does or returns no longer counts.
   */
  readonly signal: AbortSignal;
  /** The worker's logger; each line carries jid and jobtype. */
  readonly log: Logger;
  /**
   * Keeps the job for at least so many seconds from now, 1 to 86,400. False = the reservation is over.
   *
   * @throws FaktoryError `INVALID` for another number; what the connection throws when the server cannot be asked.
   */
  extend(seconds: number): Promise<boolean>;
  /** Hands the job back to the head of its queue, for another worker. No attempt is used. */
  release(): never;
  /** Forgets the job: no retry, not in the dead set. */
  discard(reason?: string): never;
  /** Sends the job to the dead set, whatever tries it has left. */
  kill(reason?: string): never;
  /**
   * Fails this attempt and tries again after so many milliseconds, rounded up to whole seconds.
   *
   * @throws FaktoryError `INVALID` when that is no time: negative or not finite.
   */
  retryIn(ms: number, reason?: string): never;
}

/** Which run of the job this is: 1 for the first. */
export function attemptOf({ failure }: Job): number {
  return (failure?.retry_count ?? -1) + 2;
}

/** What a context is made of. */
export interface ContextSource {
  job: Job;
  signal: AbortSignal;
  log: Logger;
  extend(seconds: number): Promise<boolean>;
  /** The handler ended the job early. May be called again: only the first counts. */
  end(outcome: Outcome): void;
}

export function createContext(source: ContextSource): JobContext {
  return new Context(source);
}

/** Thrown to unwind a handler that ended its job. Whoever meets it in a log should find out what it is. */
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
    // retry = n allows n + 1 runs, a negative one allows one.
    return this.attempt > Math.max(this.job.retry ?? defaultRetry, 0);
  }

  get signal(): AbortSignal {
    // What a handler does with it, as many calls of fetch() at once, is no leak: the signal goes with the run.
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
