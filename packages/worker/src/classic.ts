/**
 * Fetches a worker's jobs from any Faktory server: one lane for each slot, each with its own
 * connection, on which FETCH may block. A lane fetches a job, runs it, reports the result, and
 * starts again. A lost ACK is sent again; the job does not run again for it.
 *
 * Note: a lane that becomes quiet while it waits for a job hangs up instead of dropping the socket,
 * because a job may already be on its way, and that job must still run.
 */

import { type Connection, commands } from '@faktory-ts/client';
import type { FaktoryError, Job } from '@faktory-ts/protocol';
import { EmptyAnswers } from './empty-answers.ts';
import { codeOf, messageOf, tellClassic } from './ends.ts';
import type { Logger } from './log.ts';
import type { WorkerObserver } from './observer.ts';
import type { QueueLimits } from './queue-limits.ts';
import type { Slots } from './slots.ts';

/** What the lanes need. */
export interface LanesOptions {
  /** @param onUp called whenever the server accepted the HELLO */
  connect: (onUp: () => void) => Connection;
  /** Called when a lost connection is back: the server may be a different one. */
  onAgain: () => void;
  slots: Slots;
  limits: QueueLimits;
  /** The order for the next FETCH. */
  queues: () => readonly string[];
  /** Aborted when no more jobs may be fetched. */
  quiet: AbortSignal;
  log: Logger;
  observer: WorkerObserver;
}

const pause = 1000; // ms after a FETCH that the server refused

/** As many lanes as there are slots. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #connections: Connection[];
  /** Connections of the lanes that can still start a job. */
  readonly #open: Set<Connection>;
  /** Resolvers of the lanes that wait for a limit. */
  #waiting: (() => void)[] = [];

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#connections = Array.from({ length: options.slots.concurrency }, () => {
      let known = false;
      return options.connect(() => {
        if (known) options.onAgain();
        known = true;
      });
    });
    this.#open = new Set(this.#connections);
  }

  /** Takes and runs jobs until quiet, then closes the connections. Never rejects. */
  async run(): Promise<void> {
    const { quiet, slots } = this.#options;
    const wake = (): void => this.#wake();
    quiet.addEventListener('abort', wake);
    // A slot may also hold a job that was fetched before the server lost its extensions.
    const forget = slots.onFree(wake);
    await Promise.all(this.#connections.map((connection) => this.#lane(connection)));
    forget();
    quiet.removeEventListener('abort', wake);
  }

  /** Resolves when, after quiet, no job of a lane waits for a slot. */
  async started(): Promise<void> {
    while (this.#open.size > 0) await this.#change();
  }

  /** Rejects the commands that the server has not answered. */
  drop(reason: FaktoryError): void {
    for (const connection of this.#connections) connection.abort(reason);
    this.#wake();
  }

  async #lane(connection: Connection): Promise<void> {
    const { quiet, log } = this.#options;
    const empty = new EmptyAnswers();
    let told: Promise<void> | undefined;
    while (!quiet.aborted) {
      const since = performance.now();
      const job = await this.#next(connection);
      const rest = empty.answered(job === undefined ? 0 : 1, performance.now() - since);
      if (rest > 0) await pauseUnless(quiet, rest);
      if (job === undefined) continue;
      const outcome = await this.#work(job, connection);
      // Not awaited: it leaves in one write with the next FETCH, and its reply comes first.
      told = tellClassic(connection, { hand: { job, rid: undefined }, outcome }, log);
    }
    this.#close(connection);
    await told;
    await connection.close();
  }

  async #work(job: Job, connection: Connection): ReturnType<Slots['start']> {
    const { slots, limits } = this.#options;
    limits.take(job.queue);
    while (!slots.admits(job.jobtype)) await this.#change();
    this.#close(connection);
    // The classic verbs have none to extend a reservation.
    const outcome = await slots.start(job, () => Promise.resolve(false));
    this.#open.add(connection);
    limits.end(job.queue);
    this.#wake();
    return outcome;
  }

  async #next(connection: Connection): Promise<Job | undefined> {
    const { queues, limits, quiet, log, observer } = this.#options;
    const { names } = limits.open(queues(), 1);
    if (names.length === 0) {
      await this.#change();
      return undefined;
    }
    limits.ask(names, 1);
    observer.fetching?.();
    const hangUp = (): void => connection.hangUp();
    quiet.addEventListener('abort', hangUp);
    try {
      const job = await commands.fetch(connection, names, quiet);
      observer.fetched?.(job === undefined ? 0 : 1);
      return job;
    } catch (error) {
      if (quiet.aborted || codeOf(error) === 'CLOSED') return undefined;
      log.warn(`FETCH failed: ${messageOf(error)}`, { code: codeOf(error) });
      await pauseUnless(quiet, pause);
      return undefined;
    } finally {
      quiet.removeEventListener('abort', hangUp);
      limits.answered(names, 1);
      this.#wake();
    }
  }

  #close(connection: Connection): void {
    this.#open.delete(connection);
    this.#wake();
  }

  /** Resolves when a job has started or ended, or when the worker stops. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function pauseUnless(quiet: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      quiet.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    quiet.addEventListener('abort', end);
    if (quiet.aborted) end();
  });
}
