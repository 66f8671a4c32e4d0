/*
 * The sign of life: a BEAT at an interval, over a connection of its own, and what the server answers to it.
 * It must never decide what quiet or terminate mean; it tells the worker. A stranger would get wrong that the server answers quiet
 * to every beat from then on: the worker hears it more than once.
 */

import { type Connection, commands, type WorkerSignal } from '@faktory-ts/client';
import { type WorkerState as BeatState, FaktoryError } from '@faktory-ts/protocol';

/** What a heart tells. */
export interface HeartEvents {
  /** The server wants the worker quiet or gone. */
  signal(signal: WorkerSignal): void;
  /** A beat was answered. */
  beaten(): void;
  /** A beat failed, or the server did not know the worker. */
  trouble(message: string): void;
}

/** What a heart beats with. */
export interface HeartOptions {
  connection: Connection;
  wid: string;
  /** Jobs that the worker runs at once. */
  slots: number;
  /** Milliseconds between beats. */
  interval: number;
  /** What the worker does now. */
  state: () => BeatState;
  /** Milliseconds that the event loop stood still since the last beat; undefined: not known. */
  lag: () => number | undefined;
  /** Whether the worker may still be called alive. */
  alive: () => boolean;
  events: HeartEvents;
}

/** Milliseconds between two beats, whatever lease a server offers. */
const SHORTEST = 500;

export class Heart {
  readonly #options: HeartOptions;
  readonly #stopped = new AbortController();
  #interval: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HeartOptions) {
    this.#options = options;
    this.#interval = options.interval;
  }

  /** Registers the worker: waits for the server as long as it takes. Rejects with `AUTH`, `PROTOCOL`, `CONFIG`, or `ABORTED` by stop(). */
  async start(): Promise<void> {
    await this.#say(Number.POSITIVE_INFINITY);
    this.#timer = setInterval(() => void this.beat(), this.#interval);
  }

  /** One beat now. Never rejects. */
  async beat(): Promise<void> {
    const { connection, alive, events } = this.#options;
    if (!alive()) return;
    try {
      await this.#say().catch((error: unknown) => {
        if (!(error instanceof FaktoryError && error.code === 'NOT_FOUND')) throw error;
        // The server was restarted or wiped, or heard nothing for a minute: introduce the worker again.
        events.trouble(`the server does not know this worker, saying HELLO again: ${error.message}`);
        connection.reconnect();
        return this.#say();
      });
    } catch (error) {
      if (!this.#stopped.signal.aborted) events.trouble(`BEAT failed: ${(error as Error).message}`);
    }
  }

  /** Beats at least this often from now on, milliseconds. */
  pace(asked: number): void {
    const interval = Math.max(asked, SHORTEST);
    if (this.#timer === undefined || interval >= this.#interval) return;
    this.#interval = interval;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.beat(), interval);
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
    const { connection, wid, slots, state, lag, events } = this.#options;
    const rssKb = Math.round(process.memoryUsage.rss() / 1024);
    const lagMs = lag();
    const beat = {
      wid,
      current_state: state(),
      rss_kb: rssKb,
      ...(lagMs !== undefined && { lag_ms: lagMs }),
      slots,
    };
    const signal = await commands.beat(connection, beat, { timeout, signal: this.#stopped.signal });
    events.beaten();
    if (signal !== undefined) events.signal(signal);
  }
}
