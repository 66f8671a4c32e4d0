/**
 * The heart of a worker: sends a BEAT at an interval over its own connection, and passes on the
 * signals in the server's answers. What quiet or terminate mean is decided by the worker.
 *
 * Note: once asked for quiet, the server repeats it in the answer to every beat.
 */

import { type Connection, commands, type WorkerSignal } from '@faktory-ts/client';
import { type WorkerState as BeatState, FaktoryError } from '@faktory-ts/protocol';

/** Events that a heart reports. */
export interface HeartEvents {
  /** The server asks the worker to be quiet or to terminate. */
  signal(signal: WorkerSignal): void;
  /** A beat was answered. */
  beaten(): void;
  /** A beat failed, or the server does not know the worker. */
  trouble(message: string): void;
}

/** What a heart needs. */
export interface HeartOptions {
  connection: Connection;
  wid: string;
  /** Jobs that the worker runs at once. */
  slots: number;
  /** Milliseconds between beats. */
  interval: number;
  /** The state to report. */
  state: () => BeatState;
  /** Milliseconds that the event loop was blocked since the last beat; undefined: unknown. */
  lag: () => number | undefined;
  /** Whether the worker may still be reported as alive. */
  alive: () => boolean;
  events: HeartEvents;
}

/** Shortest time between two beats in milliseconds, whatever lease a server offers. */
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

  /**
   * Registers the worker; waits for the server without a limit. Rejects with `AUTH`, `PROTOCOL` or
   * `CONFIG`, and with `ABORTED` after stop().
   */
  async start(): Promise<void> {
    await this.#say(Number.POSITIVE_INFINITY);
    this.#timer = setInterval(() => void this.beat(), this.#interval);
  }

  /** Sends one beat now. Never rejects. */
  async beat(): Promise<void> {
    const { connection, alive, events } = this.#options;
    if (!alive()) return;
    try {
      await this.#say().catch((error: unknown) => {
        if (!(error instanceof FaktoryError && error.code === 'NOT_FOUND')) throw error;
        // The server was restarted or wiped, or got no beat for a minute: register the worker
        // again.
        events.trouble(`the server does not know this worker; registering it again: ${error.message}`);
        connection.reconnect();
        return this.#say();
      });
    } catch (error) {
      if (!this.#stopped.signal.aborted) events.trouble(`BEAT failed: ${(error as Error).message}`);
    }
  }

  /** Beats at least every `asked` milliseconds from now on. */
  pace(asked: number): void {
    const interval = Math.max(asked, SHORTEST);
    if (this.#timer === undefined || interval >= this.#interval) return;
    this.#interval = interval;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.beat(), interval);
  }

  /** Stops beating. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#options.connection.close();
  }

  /** Stops waiting for answers. */
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
