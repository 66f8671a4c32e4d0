/**
 * The engine that keeps jobs in one SQLite file: the default, nothing to install. Long because each member of `Engine` is here.
 *
 * Each method hands one operation to the turn (turn.ts), which commits all operations of an event-loop turn together.
 * An operation makes all its checks before its first write, begins with `turn.begin()` when it writes, and keeps
 * `counts` in step with the rows it moves. It must never wait for anything. Long because it has every method of `Engine`.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import { type Logger, silent } from '../../log.ts';
import {
  type Backup,
  type Bite,
  type CommitFigures,
  type CountBite,
  type Counted,
  type DayCount,
  type Ending,
  type Engine,
  type Entry,
  type EntryChange,
  type ErrorGroup,
  type FetchAsk,
  type FindAsk,
  type FoundBite,
  type Held,
  type KindSum,
  Meter,
  type Outcome,
  type Producer,
  type Pushed,
  type QueueFigures,
  type QueueSummary,
  type Refusal,
  type Reservation,
  type SeriesAsk,
  type SeriesStep,
  type SetChange,
  type SettleWhen,
  type Sizes,
  type Space,
  StorageErrors,
  type TimedSet,
  type Undoable,
  type UndoLabel,
  type Undone,
} from '../engine.ts';
import { BackupMaker } from './backup-maker.ts';
import { change } from './change.ts';
import { ErrorReader } from './errors.ts';
import { openStore } from './open-store.ts';
import { PastReader } from './past-reader.ts';
import { isLong, push, pushInParts } from './push.ts';
import { QueueReader } from './queue-figures.ts';
import * as queues from './queues.ts';
import { givenUp, Reader } from './reader.ts';
import * as reservations from './reservations.ts';
import { place } from './schema.ts';
import { changeSet } from './set-change.ts';
import { settle, settleMany } from './settle.ts';
import { moveEnds } from './step.ts';
import type { Store } from './store.ts';
import type { Sync } from './sync.ts';
import { take } from './take.ts';
import * as timed from './timed.ts';
import { forgetUndo, undo, undoable } from './undo.ts';

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

export class SqliteEngine implements Engine {
  readonly clock: () => Micros;
  readonly meter = new Meter();
  readonly storageErrors = new StorageErrors();
  readonly #options: SqliteOptions;
  readonly #deadLimit: number;
  #opened: Store | undefined;
  #backups: BackupMaker | undefined;
  #reader: Reader | undefined;
  #queues: QueueReader | undefined;
  #errors: ErrorReader | undefined;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.#deadLimit = options.deadLimit ?? 10_000;
    this.clock = options.clock;
  }

  async open(): Promise<void> {
    if (this.#opened) return;
    const { dir, sync = 'full', clock, leaseSpan = 15_000_000, log = silent } = this.#options;
    const { steady = clock } = this.#options;
    const settings = { sync, clock, steady, leaseSpan, meter: this.meter, errors: this.storageErrors };
    this.#opened = await openStore(dir, settings, log);
  }

  async close(): Promise<void> {
    const store = this.#opened;
    this.#opened = undefined;
    await store?.history.record().catch(() => undefined); // a store that takes no writes closes without its last minute
    await this.#backups?.close();
    this.#backups = undefined;
    await this.#reader?.close(); // before the store, which empties the log that a reader may hold
    this.#reader = undefined;
    this.#queues = undefined;
    this.#errors = undefined;
    await store?.close();
  }

  push(entries: readonly Entry[], counted?: Counted): Promise<readonly Refusal[]> {
    const store = this.#store;
    const limit = this.#options.maxQueueLength ?? 0;
    if (isLong(entries)) return store.turn.runInParts(() => pushInParts(store, entries, counted, limit));
    return store.turn.run(() => push(store, entries, counted, limit));
  }

  pushed(producer: Producer, answered: number): Promise<Pushed> {
    const store = this.#store;
    return store.turn.run(() => store.producers.pushed(producer, answered));
  }

  producerOwner(name: string): Promise<string | undefined> {
    const { turn, producers } = this.#store;
    return turn.run(() => producers.ownerOf(name));
  }

  workerOwner(wid: string): Promise<string | undefined> {
    const store = this.#store;
    return store.turn.run(() => reservations.ownerOf(store, wid));
  }

  fetch(ask: FetchAsk): Promise<Reservation | undefined> {
    const store = this.#store;
    return store.turn.run(() => take(store, ask, 1)[0]);
  }

  fetchMany(ask: FetchAsk, count: number): Promise<readonly Reservation[]> {
    const store = this.#store;
    return store.turn.run(() => take(store, ask, count));
  }

  beat(wid: string): Promise<void> {
    const { turn, leases } = this.#store;
    return turn.run(() => leases.beat(wid));
  }

  leasedBy(wid: string): Promise<readonly Required<Pick<Held, 'jid' | 'reservationId'>>[]> {
    const store = this.#store;
    return store.turn.run(() => store.holds.leasedBy(wid));
  }

  reservation(which: Held): Promise<Reservation | undefined> {
    const store = this.#store;
    return store.turn.read(() => reservations.read(store, which));
  }

  settle(which: Held, outcome: Outcome, when?: SettleWhen): Promise<boolean> {
    const store = this.#store;
    return store.turn.run(() => settle(store, which, outcome, this.#deadLimit, when));
  }

  settleMany(ends: readonly Ending[]): Promise<readonly boolean[]> {
    return this.#store.turn.runInParts(() => settleMany(this.#store, ends, this.#deadLimit));
  }

  extend(which: Held, span: Micros): Promise<boolean> {
    return this.#store.turn.run(() => reservations.extend(this.#store, which, span));
  }

  promote(set: 'scheduled' | 'retries', limit: number): Promise<number> {
    return this.#store.turn.run(() => timed.promote(this.#store, set, limit));
  }

  overdue(limit: number): Promise<readonly Reservation[]> {
    return this.#store.turn.run(() => reservations.overdue(this.#store, limit));
  }

  purge(limit: number): Promise<number> {
    return this.#store.turn.run(() => timed.purge(this.#store, limit));
  }

  nextDue(where: TimedSet | 'working'): Promise<Micros | undefined> {
    const store = this.#store;
    return store.turn.run(() => {
      const due = where === 'working' ? reservations.nextEnd(store) : timed.nextDue(store, where);
      store.knowEarliest(place[where], due);
      return due;
    });
  }

  async moveEnds(by: Micros): Promise<void> {
    await moveEnds(this.#store, by);
  }

  queues(): Promise<readonly QueueSummary[]> {
    return this.#store.turn.run(() => queues.summaries(this.#store));
  }

  setPaused(names: readonly string[] | '*', paused: boolean): Promise<void> {
    return this.#store.turn.run(() => queues.setPaused(this.#store, names, paused));
  }

  removeQueues(names: readonly string[] | '*'): Promise<void> {
    return queues.remove(this.#store, names);
  }

  oldest(queue: string): Promise<Micros | undefined> {
    return this.#store.turn.run(() => queues.oldest(this.#store, queue));
  }

  sizes(): Promise<Sizes> {
    const { turn, counts } = this.#store;
    return turn.run(() => ({
      scheduled: counts.sizeOf(place.scheduled),
      retries: counts.sizeOf(place.retries),
      dead: counts.sizeOf(place.dead),
      working: counts.sizeOf(place.working),
      processed: counts.processed + counts.ended.processed,
      failures: counts.failures + counts.ended.failures,
    }));
  }

  history(days: number): Promise<readonly DayCount[]> {
    return this.#store.turn.run(() => timed.history(this.#store, days));
  }

  async mutate(change: SetChange): Promise<number> {
    return changeSet(this.#store, this.#search, change, this.#deadLimit);
  }

  async find(ask: FindAsk, { cursor, limit, lean }: Bite, signal?: AbortSignal): Promise<FoundBite> {
    const total = queues.sizeOf(this.#store, ask);
    const { jobs, scanned, next } = await this.#search.ask('scan', { ask, cursor, limit, lean }, signal);
    return { jobs, scanned, total: Math.max(total, scanned), next };
  }

  async count(ask: FindAsk, cursor?: string, signal?: AbortSignal): Promise<CountBite> {
    const total = queues.sizeOf(this.#store, ask);
    const { count, scanned, next } = await this.#search.ask(
      'scan',
      { ask, cursor, limit: undefined },
      signal,
    );
    return { count, scanned, total: Math.max(total, scanned), next };
  }

  async queueFigures(signal?: AbortSignal): Promise<readonly QueueFigures[]> {
    this.#queues ??= new QueueReader(this.#store, this.#search);
    const figures = await this.#queues.read();
    if (signal?.aborted) throw givenUp(signal);
    return figures;
  }

  async ahead(entry: string, signal?: AbortSignal): Promise<number | undefined> {
    return this.#search.ask('ahead', entry, signal);
  }

  change(entries: readonly string[], what: EntryChange, label?: UndoLabel): Promise<readonly boolean[]> {
    const store = this.#store;
    return store.turn.run(() => change(store, entries, what, this.#deadLimit, label));
  }

  undo(name: string, limit: number): Promise<Undone> {
    const store = this.#store;
    return store.turn.run(() => undo(store, name, limit, this.#deadLimit));
  }

  undoable(): Promise<readonly Undoable[]> {
    return this.#store.turn.run(() => undoable(this.#store));
  }

  forget(limit: number): Promise<number> {
    const store = this.#store;
    return store.turn.run(() => forgetUndo(store, limit) || store.history.forget(limit));
  }

  record(): Promise<void> {
    return this.#store.history.record();
  }

  async series(ask: SeriesAsk, signal?: AbortSignal): Promise<readonly SeriesStep[]> {
    return this.#past.series(ask, signal);
  }

  async kinds(from: Micros, signal?: AbortSignal): Promise<readonly KindSum[]> {
    return this.#past.kinds(from, signal);
  }

  async errors({ from }: { readonly from: Micros }, signal?: AbortSignal): Promise<readonly ErrorGroup[]> {
    this.#errors ??= new ErrorReader(this.#store.history, this.#search, this.#store.clock);
    return this.#errors.read(from, signal);
  }

  flush(): Promise<void> {
    return this.#store.turn.run(() => queues.flush(this.#store));
  }

  probe(): Promise<void> {
    const store = this.#store;
    return store.turn.run(() => {
      store.turn.begin();
      store.write('INSERT OR REPLACE INTO mark (id, written_at) VALUES (1, ?)', this.clock());
    });
  }

  backup(keep: number): Promise<Backup> {
    return this.#maker().make(this.clock(), keep);
  }

  async verifyBackup(id?: string): Promise<Backup> {
    return this.#maker().verify(id);
  }

  async backups(): Promise<readonly Backup[]> {
    return this.#maker().list();
  }

  space(): Promise<Space> {
    const { turn, space } = this.#store;
    return turn.run(() => space.read());
  }

  shrink(bytes: number): Promise<number> {
    const { turn, space } = this.#store;
    return turn.run(() => {
      if (!space.canShrink || space.read().free === 0) return 0;
      turn.begin();
      return space.shrink(bytes);
    });
  }

  emptyLog(): Promise<void> {
    const store = this.#store;
    return store.turn.run(() => store.emptyLogAfterTurn());
  }

  figures(): CommitFigures {
    const { turn, syncSeconds } = this.#store;
    return { ...turn.figures, syncSeconds };
  }

  onReady(listener: (queue: string, count: number) => boolean): () => void {
    const { readyListeners } = this.#store;
    readyListeners.add(listener);
    return () => readyListeners.delete(listener);
  }

  onDue(listener: (where: TimedSet | 'working', due: Micros) => void): () => void {
    const { dueListeners } = this.#store;
    dueListeners.add(listener);
    return () => dueListeners.delete(listener);
  }

  #maker(): BackupMaker {
    this.#backups ??= new BackupMaker(this.#store.file);
    return this.#backups;
  }

  get #past(): PastReader {
    return new PastReader(this.#store.history, this.#search, this.clock);
  }

  get #search(): Reader {
    this.#reader ??= new Reader(this.#store.file, this.storageErrors);
    return this.#reader;
  }

  get #store(): Store {
    if (!this.#opened) throw new FaktoryError('SHUTDOWN', 'shutdown in progress');
    return this.#opened;
  }
}
