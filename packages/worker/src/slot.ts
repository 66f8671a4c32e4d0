/*
 * One concurrent runner: FETCH a job, run it, tell how it ended, again. It owns a connection, on which FETCH may block.
 * It must never tell a job's end twice, nor run a job again because its ACK got lost: the ACK is what is sent again. A stranger
 * would get wrong why a slot that goes quiet while it waits for a job hangs up instead of dropping the socket: a job may already
 * be on its way, and is then still received and run.
 */

import { type Connection, commands } from '@faktory-ts/client';
import { FaktoryError, type Job } from '@faktory-ts/protocol';
import type { Failure } from './failure.ts';
import { type HandlerTable, runJob } from './handlers.ts';
import { type Logger, withFields } from './log.ts';

/** What a slot works with. */
export interface SlotOptions {
  connection: Connection;
  table: HandlerTable;
  /** The order for the next FETCH. */
  queues: () => readonly string[];
  /** Aborted when no more jobs are to be taken. */
  quiet: AbortSignal;
  log: Logger;
}

const pause = 1000; // ms after a FETCH that the server refused

export class Slot {
  readonly #options: SlotOptions;
  #fetching = false;
  /** Ends the job that runs before its handler does. */
  #cutShort: ((reason: FaktoryError) => void) | undefined;
  /** Why no job is run any more. */
  #outOfTime: FaktoryError | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** Whether a job runs here now. */
  get busy(): boolean {
    return this.#cutShort !== undefined;
  }

  /** Takes and runs jobs until it is quiet, then closes its connection. Never rejects. */
  async run(): Promise<void> {
    const { quiet, connection } = this.#options;
    const hangUp = (): void => {
      if (this.#fetching) connection.hangUp();
    };
    quiet.addEventListener('abort', hangUp);
    let told: Promise<void> | undefined;
    while (!quiet.aborted) {
      const job = await this.#next();
      // Not awaited: it leaves in one write with the next FETCH, and its reply comes before that one's.
      if (job !== undefined) told = this.#tell(job, await this.#work(job));
    }
    await told;
    quiet.removeEventListener('abort', hangUp);
    await connection.close();
  }

  /** Out of time: the job that runs fails now, and so does one that still comes in. */
  cut(reason: FaktoryError): void {
    this.#outOfTime = reason;
    this.#cutShort?.(reason);
  }

  /** Gives up what the server has not answered. */
  drop(reason: FaktoryError): void {
    this.#options.connection.abort(reason);
  }

  async #next(): Promise<Job | undefined> {
    const { connection, queues, quiet, log } = this.#options;
    this.#fetching = true;
    try {
      return await commands.fetch(connection, queues(), quiet);
    } catch (error) {
      if (quiet.aborted || codeOf(error) === 'CLOSED') return undefined;
      log.warn(`FETCH failed: ${messageOf(error)}`, { code: codeOf(error) });
      await pauseUnless(quiet);
      return undefined;
    } finally {
      this.#fetching = false;
    }
  }

  #work(job: Job): Promise<Failure | undefined> {
    if (this.#outOfTime !== undefined) return Promise.resolve(stoppedFailure(this.#outOfTime));
    const control = new AbortController();
    const log = withFields(this.#options.log, { jid: job.jid, jobtype: job.jobtype });
    return new Promise((resolve) => {
      const end = (failure: Failure | undefined): void => {
        this.#cutShort = undefined;
        resolve(failure);
      };
      this.#cutShort = (reason) => {
        end(stoppedFailure(reason));
        control.abort(reason);
      };
      const context = { jid: job.jid, job, signal: control.signal, log };
      void runJob(this.#options.table, context).then((failure) => {
        // A handler that ends after it was cut short changes nothing; the slot may be running no other job by then.
        if (!control.signal.aborted) end(failure);
      });
    });
  }

  /** Tells the server how the job ended. Waits for a connection as long as the worker lives. */
  async #tell(job: Job, failure: Failure | undefined): Promise<void> {
    const { connection, log } = this.#options;
    const fields = { jid: job.jid, jobtype: job.jobtype };
    const patient = { timeout: Number.POSITIVE_INFINITY };
    try {
      if (failure === undefined) {
        await commands.ack(connection, job.jid, patient);
        log.debug('job done', fields);
        return;
      }
      log.warn(`job failed: ${failure.errtype}: ${failure.message}`, fields);
      const { backtrace, ...rest } = failure;
      await commands.fail(
        connection,
        { jid: job.jid, ...rest, ...(backtrace.length > 0 && { backtrace }) },
        patient,
      );
    } catch (error) {
      if (codeOf(error) === 'NOT_FOUND') {
        log.warn('the job was no longer reserved: its end was told before, or its time ran out', fields);
        return;
      }
      const verb = failure === undefined ? 'ACK' : 'FAIL';
      log.error(`${verb} failed, the job returns when its reservation ends: ${messageOf(error)}`, fields);
    }
  }
}

function stoppedFailure(reason: FaktoryError): Failure {
  return { errtype: 'WorkerStopped', message: reason.message, backtrace: [] };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof FaktoryError ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pauseUnless(quiet: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      quiet.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, pause);
    quiet.addEventListener('abort', end);
  });
}
