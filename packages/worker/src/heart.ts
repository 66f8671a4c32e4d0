/*
 * The sign of life: a BEAT at an interval, over a connection of its own, and what the server answers to it.
 * It must never decide what quiet or terminate mean; it tells the worker. A stranger would get wrong that the server answers quiet
 * to every beat from then on: the worker hears it more than once.
 */

import { type Connection, commands, type WorkerSignal } from '@faktory-ts/client';
import { type WorkerState as BeatState, FaktoryError } from '@faktory-ts/protocol';
import type { Logger } from './log.ts';

/** What a heart beats with. */
export interface HeartOptions {
  connection: Connection;
  wid: string;
  /** Milliseconds between beats. */
  interval: number;
  /** What the worker does now. */
  state: () => BeatState;
  /** The server wants the worker quiet or gone. */
  onSignal: (signal: WorkerSignal) => void;
  log: Logger;
}

export class Heart {
  readonly #options: HeartOptions;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeartOptions) {
    this.#options = options;
  }

  /** Registers the worker: waits for the server as long as it takes. Rejects with `AUTH`, `PROTOCOL`, `CONFIG`, or `ABORTED` by stop(). */
  async start(): Promise<void> {
    await this.#say(Number.POSITIVE_INFINITY);
    this.#timer = setInterval(() => void this.beat(), this.#options.interval);
  }

  /** One beat now. Never rejects. */
  async beat(): Promise<void> {
    const { connection, log } = this.#options;
    try {
      await this.#say().catch((error: unknown) => {
        if (!(error instanceof FaktoryError && error.code === 'NOT_FOUND')) throw error;
        // The server was restarted or wiped, or heard nothing for a minute: introduce the worker again.
        log.warn(`the server does not know this worker, saying HELLO again: ${error.message}`);
        connection.reconnect();
        return this.#say();
      });
    } catch (error) {
      if (!this.#stopped.signal.aborted) log.warn(`BEAT failed: ${(error as Error).message}`);
    }
  }

  /** Beats no more. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#options.connection.close();
  }

  /** Waits for no answer any more. */
  drop(): void {
    this.#options.connection.abort(new FaktoryError('ABORTED', 'the worker has stopped'));
  }

  async #say(timeout?: number): Promise<void> {
    const { connection, wid, state, onSignal } = this.#options;
    const rssKb = Math.round(process.memoryUsage.rss() / 1024);
    const beat = { wid, current_state: state(), rss_kb: rssKb };
    const signal = await commands.beat(connection, beat, { timeout, signal: this.#stopped.signal });
    if (signal !== undefined) onSignal(signal);
  }
}
