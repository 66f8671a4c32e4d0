/**
 * Sends committed rows of the outbox to the server as jobs, each exactly once. It runs only with
 * its lease.
 *
 * Note: the lease only keeps two relays from disturbing each other. They are correct because the
 * server counts a producer's lines on one connection at a time, and because the database numbers
 * the lines.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import { backoff } from '../backoff.ts';
import { longestTimer } from '../call.ts';
import { Delivery, type DeliveryOptions } from '../delivery/delivery.ts';
import { checkKnown } from '../known-options.ts';
import { clientTls } from '../tls-files.ts';
import { resolveServers, type ServerChoice } from '../url.ts';
import { OutboxLedger } from './ledger.ts';
import type { OutboxStore } from './tables.ts';

/** A row that was refused permanently. */
export interface RefusedRow {
  id: string;
  /** The text of its column `job`. */
  job: string;
  error: FaktoryError;
}

/** Options of an {@link OutboxRelay}. */
export interface OutboxOptions extends ServerChoice {
  /** The database. */
  store: OutboxStore;
  /** For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. */
  tls?: DeliveryOptions['tls'];
  /** Maximum number of rows in a line, up to 1,000. Default 500. */
  batch?: number | undefined;
  /** Milliseconds between two checks of an empty outbox. Default 1000. */
  interval?: number | undefined;
  /**
   * Called for each refused row, which stays with the reason in `error`. Must not throw. Default:
   * none.
   */
  onRefused?: ((row: RefusedRow) => void) | undefined;
  /**
   * Called when the database or the server cannot be reached; the relay retries. Must not throw.
   * Default: a process warning.
   */
  onError?: ((error: FaktoryError) => void) | undefined;
}

const names = [
  'url',
  'password',
  'store',
  'tls',
  'batch',
  'interval',
  'onRefused',
  'onError',
] as const satisfies readonly (keyof OutboxOptions)[];

const silence = 5000; // ms that a due reply may take
const fullPause = 1000; // ms

/**
 * Sends the rows of the outbox. Many relays may run, in many processes: one sends, the others wait
 * for the lease.
 *
 * @example
 * ```ts
 * import { OutboxRelay } from '@faktory-ts/client/outbox';
 *
 * // of pg
 * declare const pool: { query(sql: string, values: unknown[]): Promise<{ rows: unknown[] }> };
 * const relay = new OutboxRelay({
 *   store: {
 *     dialect: 'postgres',
 *     query: async (sql, values) => (await pool.query(sql, values)).rows,
 *   },
 * });
 * relay.start();
 * // … at the end of the program
 * await relay.stop();
 * ```
 */
export class OutboxRelay {
  readonly #ledger: OutboxLedger;
  readonly #delivery: { round(): Promise<boolean>; hangUp(): void; readonly failures: number };
  readonly #interval: number;
  readonly #onError: (error: FaktoryError) => void;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** `wake()` was called since the outbox was last read. */
  #woken = false;
  #endPause: () => void = () => {};

  /** @throws FaktoryError `CONFIG` for an unknown or invalid option. */
  constructor(options: OutboxOptions) {
    checkKnown('new OutboxRelay()', options, names);
    const { store, tls, batch = 500, interval = 1000, onRefused, onError } = options;
    if (typeof store?.query !== 'function' || !['postgres', 'mysql', 'sqlite'].includes(store.dialect)) {
      throw new FaktoryError('CONFIG', "store must be { dialect: 'postgres' | 'mysql' | 'sqlite', query }");
    }
    if (!(batch >= 1 && batch <= 1000)) throw new FaktoryError('CONFIG', 'batch must be from 1 to 1000');
    if (!(interval > 0)) throw new FaktoryError('CONFIG', 'interval must be more than 0 milliseconds');
    this.#interval = interval;
    this.#onError = onError ?? ((error) => process.emitWarning(error.message, 'FaktoryOutboxWarning'));
    this.#ledger = new OutboxLedger(store, Math.floor(batch), (row) => onRefused?.(row));
    const addresses = resolveServers(options);
    const secure = clientTls(addresses, { tls });
    this.#delivery = new Delivery(this.#ledger, { addresses, tls: secure, silence });
  }

  /** Starts the relay. It keeps the process alive until it is stopped. */
  start(): void {
    this.#running ??= this.#relay();
  }

  /** Reads the outbox now, for a program that has just committed. */
  wake(): void {
    this.#woken = true;
    this.#endPause();
  }

  /**
   * Stops permanently. The next relay learns the result of a line that is being sent. Never
   * rejects.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#delivery.hangUp();
    this.#endPause();
    await this.#running;
  }

  async #relay(): Promise<void> {
    // Sockets do not keep the process alive.
    const alive = setInterval(() => undefined, 2 ** 30);
    while (!this.#stopped) {
      this.#woken = false;
      await this.#pause(await this.#round());
    }
    clearInterval(alive);
    await this.#ledger.leave().catch(() => undefined); // otherwise the lease expires
  }

  /** Sends once; returns the milliseconds until the next round. */
  async #round(): Promise<number> {
    try {
      if (!(await this.#ledger.lease())) this.#delivery.hangUp();
      else if (await this.#delivery.round()) return fullPause;
      return this.#interval;
    } catch (error) {
      if (this.#stopped || isLost(error)) return this.#interval;
      this.#onError(asFaktoryError(error));
      return backoff(Math.max(1, this.#delivery.failures));
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped || this.#woken) return;
    await new Promise<void>((go) => {
      const timer = setTimeout(go, Math.min(ms, longestTimer)); // a timer of Infinity would wait 1 ms
      this.#endPause = () => {
        clearTimeout(timer);
        go();
      };
    });
  }
}

function isLost(error: unknown): boolean {
  return error instanceof FaktoryError && error.code === 'LOCKED';
}

function asFaktoryError(cause: unknown): FaktoryError {
  if (cause instanceof FaktoryError) return cause;
  return new FaktoryError('ERR', `the outbox relay failed: ${String(cause)}`, { cause });
}
