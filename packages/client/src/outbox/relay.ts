/*
 * The outbox's way to the server: rows that committed become jobs, each exactly once.
 * It must never run on without its lease. A stranger would get wrong that the lease only keeps two relays from disturbing each
 * other: what keeps them right is that the server takes lines of one connection per producer, and that the database numbers them.
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

/** A row that was refused for good. */
export interface RefusedRow {
  id: string;
  /** The text of its column `job`. */
  job: string;
  error: FaktoryError;
}

/** What an {@link OutboxRelay} is made with. */
export interface OutboxOptions extends ServerChoice {
  /** The database. */
  store: OutboxStore;
  /** For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. */
  tls?: DeliveryOptions['tls'];
  /** Most rows in one line, up to 1,000. Default 500. */
  batch?: number | undefined;
  /** Milliseconds between two looks at an empty outbox. Default 1000. */
  interval?: number | undefined;
  /** Told of each refused row, which stays with the reason in `error`. Must not throw. Default: nobody is told. */
  onRefused?: ((row: RefusedRow) => void) | undefined;
  /** The database or the server cannot be reached; it is tried again. Must not throw. Default: a process warning. */
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

const silence = 5000; // ms that a server may owe an answer
const fullPause = 1000; // ms

/**
 * Sends the rows of the outbox. Many may run, in many processes: one relays, the others wait for their turn.
 *
 * @example
 * ```ts
 * import { OutboxRelay } from '@faktory-ts/client/outbox';
 *
 * declare const pool: { query(sql: string, values: unknown[]): Promise<{ rows: unknown[] }> }; // of pg
 * const relay = new OutboxRelay({
 *   store: { dialect: 'postgres', query: async (sql, values) => (await pool.query(sql, values)).rows },
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
  /** Somebody has committed since the outbox was last looked at. */
  #woken = false;
  #endPause: () => void = () => {};

  /** @throws FaktoryError `CONFIG` for an option that cannot work. */
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

  /** Begins. It keeps the process alive until it is stopped. */
  start(): void {
    this.#running ??= this.#relay();
  }

  /** Looks at the outbox now: for a program that has just committed. */
  wake(): void {
    this.#woken = true;
    this.#endPause();
  }

  /** Ends for good. A line on its way is heard of by the next relay. Never rejects. */
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
    await this.#ledger.leave().catch(() => undefined); // else it runs out
  }

  /** Gives how long to wait then. */
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
      const timer = setTimeout(go, Math.min(ms, longestTimer)); // for Infinity it would wait 1 ms
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
