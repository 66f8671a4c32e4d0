/**
 * Implements `History` for the SQLite store: the reader's thread reads it, a commit once a minute
 * writes it.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { DayCount, ErrorGroup, History, KindSum, SeriesAsk, SeriesStep } from '../engine.ts';
import { ErrorReader } from './history/errors.ts';
import { PastReader } from './history/past-reader.ts';
import * as timed from './operations/timed.ts';
import type { SharedStore } from './shared-store.ts';

export class SqliteHistory implements History {
  readonly #open: SharedStore;
  #errors: { readonly of: unknown; readonly reader: ErrorReader } | undefined;

  constructor(open: SharedStore) {
    this.#open = open;
  }

  days(days: number): Promise<readonly DayCount[]> {
    return this.#open.store.turn.run(() => timed.history(this.#open.store, days));
  }

  record(): Promise<void> {
    return this.#open.store.history.record();
  }

  async series(ask: SeriesAsk, signal?: AbortSignal): Promise<readonly SeriesStep[]> {
    return this.#past.series(ask, signal);
  }

  async kinds(from: Micros, signal?: AbortSignal): Promise<readonly KindSum[]> {
    return this.#past.kinds(from, signal);
  }

  async errors({ from }: { readonly from: Micros }, signal?: AbortSignal): Promise<readonly ErrorGroup[]> {
    const { store, reader } = this.#open;
    if (this.#errors?.of !== store)
      this.#errors = { of: store, reader: new ErrorReader(store.history, reader, store.clock) };
    return this.#errors.reader.read(from, signal);
  }

  expire(limit: number): Promise<number> {
    const { store } = this.#open;
    return store.turn.run(() => store.history.expire(limit));
  }

  get #past(): PastReader {
    const { store, reader } = this.#open;
    return new PastReader(store.history, reader, store.clock);
  }
}
