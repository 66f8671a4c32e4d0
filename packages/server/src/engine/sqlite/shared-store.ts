/**
 * The open store and its reader, shared by the engine and its capabilities: opened once, closed in order.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import { type Logger, silent } from '../../log.ts';
import { Meter, StorageErrors } from '../engine.ts';
import type { Sync } from './commit/sync.ts';
import { filesOf } from './files/folder.ts';
import { openStore } from './files/open-store.ts';
import { OpenedFiles } from './files/opened-files.ts';
import { Reader } from './reading/reader.ts';
import type { Store } from './state/store.ts';

export interface SqliteOptions {
  /** The data folder; made when absent. */
  readonly dir: string;
  /** How durable a resolved promise is. Default `full`. */
  readonly sync?: Sync | undefined;
  /** Default: the wall clock in microseconds. */
  readonly clock: () => Micros;
  /** A clock in microseconds that only goes forward, for lengths. Default: `clock`. */
  readonly steady?: (() => Micros) | undefined;
  /** Most entries of the dead set, the oldest leave first; 0 means no cap. Default 10,000. */
  readonly deadLimit?: number | undefined;
  /** How long after its last sign of life a worker with a lease loses its reservations. Default 15 s. */
  readonly leaseSpan?: Micros | undefined;
  /** Most ready jobs of one queue, a push beyond is refused; 0 means no limit. Default 0. */
  readonly maxQueueLength?: number | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

export class SharedStore {
  readonly options: SqliteOptions;
  readonly deadLimit: number;
  readonly meter = new Meter();
  readonly storageErrors = new StorageErrors();
  readonly #beforeClose: (() => Promise<void>)[] = [];
  #store: Store | undefined;
  #reader: Reader | undefined;
  #files: OpenedFiles | undefined;

  constructor(options: SqliteOptions) {
    this.options = options;
    this.deadLimit = options.deadLimit ?? 10_000;
  }

  /** Throws SHUTDOWN before `open` and after `close`. */
  get store(): Store {
    if (!this.#store) throw stopped();
    return this.#store;
  }

  /** What it has open. Throws SHUTDOWN as `store` does. */
  get files(): OpenedFiles {
    if (!this.#files) throw stopped();
    return this.#files;
  }

  /** Reads in a thread of its own, which starts with the first use. */
  get reader(): Reader {
    this.#reader ??= new Reader(this.store.file, this.storageErrors);
    return this.#reader;
  }

  /** Runs when the store closes, while it still takes operations. */
  beforeClose(end: () => Promise<void>): void {
    this.#beforeClose.push(end);
  }

  async open(): Promise<void> {
    if (this.#store) return;
    const { dir, sync = 'full', clock, steady = clock, leaseSpan = 15_000_000, log = silent } = this.options;
    const settings = { sync, clock, steady, leaseSpan, meter: this.meter, errors: this.storageErrors };
    this.#store = await openStore(dir, settings, log);
    this.#files = new OpenedFiles(filesOf(dir));
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = this.#files = undefined;
    await store?.history.record().catch(() => undefined); // a store that takes no writes closes without its last minute
    for (const end of this.#beforeClose) await end();
    await this.#reader?.close(); // before the store, which empties the log that a reader may hold
    this.#reader = undefined;
    await store?.close();
  }
}

const stopped = (): FaktoryError => new FaktoryError('SHUTDOWN', 'shutdown in progress');
