/**
 * Implements `Finder` for the SQLite store: searches run in the reader's thread, changes in a turn.
 */
import type { Micros } from '@faktory-ts/protocol';
import type {
  Bite,
  CountBite,
  EntryChange,
  FindAsk,
  Finder,
  FoundBite,
  QueueFigures,
  Undoable,
  UndoLabel,
  Undone,
} from '../engine.ts';
import { change } from './operations/change.ts';
import * as queues from './operations/queues.ts';
import { expireUndo, undo, undoable } from './operations/undo.ts';
import { QueueReader } from './reading/queue-figures.ts';
import { cancelled } from './reading/reader.ts';
import type { SharedStore } from './shared-store.ts';

export class SqliteFinder implements Finder {
  readonly #open: SharedStore;
  readonly #deadLimit: number;
  #queues: { readonly of: unknown; readonly reader: QueueReader } | undefined;

  constructor(open: SharedStore, deadLimit: number) {
    this.#open = open;
    this.#deadLimit = deadLimit;
  }

  async find(ask: FindAsk, { cursor, limit, lean }: Bite, signal?: AbortSignal): Promise<FoundBite> {
    const total = queues.sizeOf(this.#open.store, ask);
    const { jobs, scanned, next } = await this.#open.reader.ask('scan', { ask, cursor, limit, lean }, signal);
    return { jobs, scanned, total: Math.max(total, scanned), next };
  }

  async count(ask: FindAsk, cursor?: string, signal?: AbortSignal): Promise<CountBite> {
    const total = queues.sizeOf(this.#open.store, ask);
    const { count, scanned, next } = await this.#open.reader.ask(
      'scan',
      { ask, cursor, limit: undefined },
      signal,
    );
    return { count, scanned, total: Math.max(total, scanned), next };
  }

  async queueFigures(signal?: AbortSignal): Promise<readonly QueueFigures[]> {
    const { store, reader } = this.#open;
    if (this.#queues?.of !== store) this.#queues = { of: store, reader: new QueueReader(store, reader) };
    const figures = await this.#queues.reader.read();
    if (signal?.aborted) throw cancelled(signal);
    return figures;
  }

  oldest(queue: string): Promise<Micros | undefined> {
    const { store } = this.#open;
    return store.turn.run(() => queues.oldest(store, queue));
  }

  async ahead(entry: string, signal?: AbortSignal): Promise<number | undefined> {
    return this.#open.reader.ask('ahead', entry, signal);
  }

  change(entries: readonly string[], what: EntryChange, label?: UndoLabel): Promise<readonly boolean[]> {
    const store = this.#open.store;
    return store.turn.runInOrder(() => change(store, entries, what, this.#deadLimit, label));
  }

  undo(name: string, limit: number): Promise<Undone> {
    const store = this.#open.store;
    return store.turn.runInOrder(() => undo(store, name, limit, this.#deadLimit));
  }

  undoable(): Promise<readonly Undoable[]> {
    return this.#open.store.turn.run(() => undoable(this.#open.store));
  }

  expireUndo(limit: number): Promise<number> {
    const { store } = this.#open;
    return store.turn.run(() => expireUndo(store, limit));
  }
}
