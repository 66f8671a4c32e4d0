/**
 * Holds the open store and its reader for the engine and its capabilities.
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
  /** The data folder. `open` makes it when it is missing. */
  readonly dir: string;
  /** How durable a commit is when its promise resolves. Default `full`. */
  readonly sync?: Sync | undefined;
  /** Returns the wall clock in microseconds. */
  readonly clock: () => Micros;
  /**
   * Returns a clock in microseconds that never steps back, to measure durations. Default `clock`.
   */
  readonly steady?: (() => Micros) | undefined;
  /**
   * Largest number of dead jobs; the oldest are evicted first. 0 means no limit. Default 10,000.
   */
  readonly deadLimit?: number | undefined;
  /** A worker with a lease loses its reservations this long after its last beat. Default 15 s. */
  readonly leaseSpan?: Micros | undefined;
  /** Largest number of ready jobs in one queue; more are refused. 0 means no limit. Default 0. */
  readonly maxQueueLength?: number | undefined;
  /** Largest number of queues; jobs for new ones are refused. 0 means no limit. Default 0. */
  readonly maxQueues?: number | undefined;
  /** Default: no log. */
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

  /** The files that the open store uses. Throws SHUTDOWN before `open` and after `close`. */
  get files(): OpenedFiles {
    if (!this.#files) throw stopped();
    return this.#files;
  }

  /** The reader's thread. It starts at the first use. */
  get reader(): Reader {
    this.#reader ??= new Reader(this.store.file, this.files.identity(this.store.file), this.storageErrors);
    return this.#reader;
  }

  /**
   * Registers work for `close`; it runs after the store stops taking calls, before the reader ends.
   */
  beforeClose(end: () => Promise<void>): void {
    this.#beforeClose.push(end);
  }

  async open(): Promise<void> {
    if (this.#store) return;
    const { dir, sync = 'full', clock, steady = clock, leaseSpan = 15_000_000, log = silent } = this.options;
    const { maxQueues = 0 } = this.options;
    const { meter, storageErrors: errors } = this;
    const settings = { sync, clock, steady, leaseSpan, maxQueues, meter, errors };
    this.#store = await openStore(dir, settings, log);
    this.#files = new OpenedFiles(filesOf(dir));
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = this.#files = undefined;
    // A store that cannot write loses its last minute of history.
    await store?.history.record().catch(() => undefined);
    for (const end of this.#beforeClose) await end();
    await this.#reader?.close(); // before the store: it cannot empty the log while a reader is open
    this.#reader = undefined;
    await store?.close();
  }
}

const stopped = (): FaktoryError => new FaktoryError('SHUTDOWN', 'shutdown in progress');
