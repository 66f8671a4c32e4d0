/**
 * Implements `Engine` with SQLite, which needs no installation.
 *
 * Each method adds one operation to the turn (turn.ts), which commits the operations of one
 * event-loop turn together. An operation makes all its checks before its first write and calls
 * `turn.begin()` before that write. It updates `counts` together with the rows. It must never wait.
 */
import type { Micros } from '@faktory-ts/protocol';
import type {
  CommitFigures,
  Counted,
  Effect,
  Ending,
  Engine,
  Entry,
  FetchAsk,
  Figures,
  KeptValue,
  Outcome,
  Producer,
  Pushed,
  QueueSummary,
  Refusal,
  Reservation,
  ReservationRef,
  SetChange,
  SettleWhen,
  SharedText,
  Sizes,
  Taken,
  TimedSet,
} from '../engine.ts';
import { nextDeadline, sweep } from './operations/deadlines.ts';
import { applyEffects, lapse, nextLapse, readKept, refusalOf, scanKept } from './operations/effects.ts';
import { deleteFlushed, flush } from './operations/flush.ts';
import { isLong, push, pushInParts } from './operations/push.ts';
import * as queues from './operations/queues.ts';
import * as reservations from './operations/reservations.ts';
import { changeSet } from './operations/set-change.ts';
import { areMany, settle, settleInParts } from './operations/settle.ts';
import * as shared from './operations/shared.ts';
import { moveEnds } from './operations/step.ts';
import { isLongTake, take } from './operations/take.ts';
import * as timed from './operations/timed.ts';
import { UnusedQueues } from './operations/unused-queues.ts';
import type { SharedStore } from './shared-store.ts';
import { NO_JOB } from './state/kept.ts';
import { ENDS, place } from './state/schema.ts';
import type { Store } from './state/store.ts';

export class SqliteEngine implements Engine {
  readonly clock: () => Micros;
  readonly figures: Figures;
  readonly #open: SharedStore;
  readonly #deadLimit: number;
  readonly #unused = new UnusedQueues();

  constructor(open: SharedStore) {
    this.#open = open;
    this.#deadLimit = open.deadLimit;
    this.clock = open.options.clock;
    const { meter, storageErrors } = open;
    this.figures = { meter, storageErrors, commits: () => this.#commits() };
  }

  open(): Promise<void> {
    return this.#open.open();
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  push(entries: readonly Entry[], counted?: Counted): Promise<readonly Refusal[]> {
    const store = this.#store;
    const limit = this.#open.options.maxQueueLength ?? 0;
    if (isLong(entries)) return store.turn.runInParts(() => pushInParts(store, entries, counted, limit));
    return store.turn.run(() => push(store, entries, counted, limit));
  }

  pushed(producer: Producer, answered: number): Promise<Pushed> {
    const store = this.#store;
    // After long pushes of the producer's last connection.
    return store.turn.runLong(() => store.producers.pushed(producer, answered));
  }

  ownerOf(kind: 'producer' | 'worker', name: string): Promise<string | undefined> {
    const store = this.#store;
    if (kind === 'worker') return store.turn.run(() => reservations.ownerOf(store, name));
    return store.turn.runLong(() => store.producers.ownerOf(name));
  }

  fetch(ask: FetchAsk): Promise<Reservation | undefined> {
    const store = this.#store;
    return store.turn.run(() => take(store, ask, 1).jobs[0]);
  }

  fetchMany(ask: FetchAsk, count: number): Promise<Taken> {
    const store = this.#store;
    const run = (): Taken => take(store, ask, count);
    return isLongTake(count) ? store.turn.runLong(run) : store.turn.run(run);
  }

  beat(wid: string): Promise<void> {
    const { turn, leases, gates } = this.#store;
    return turn.run(() => {
      leases.beat(wid);
      gates.beat(wid);
    });
  }

  leasedBy(wid: string): Promise<readonly Required<Pick<ReservationRef, 'jid' | 'reservationId'>>[]> {
    const store = this.#store;
    // After the acknowledgements of the worker's last connection.
    return store.turn.runLong(() => store.workingSet.leasedBy(wid));
  }

  reservation(which: ReservationRef): Promise<Reservation | undefined> {
    const store = this.#store;
    return store.turn.read(() => reservations.read(store, which));
  }

  settle(which: ReservationRef, outcome: Outcome, when?: SettleWhen): Promise<boolean> {
    const store = this.#store;
    return store.turn.run(() => settle(store, which, outcome, this.#deadLimit, when));
  }

  settleMany(ends: readonly Ending[]): Promise<readonly boolean[]> {
    const store = this.#store;
    const run = (): Generator<void, readonly boolean[]> => settleInParts(store, ends, this.#deadLimit);
    return areMany(ends) ? store.turn.runInParts(run) : store.turn.runInOrder(run);
  }

  extend(which: ReservationRef, span: Micros): Promise<boolean> {
    return this.#store.turn.run(() => reservations.extend(this.#store, which, span));
  }

  async handleDue(place: TimedSet | 'ends' | 'queues', limit: number, signal?: AbortSignal): Promise<number> {
    const store = this.#store;
    if (place === 'queues') return this.#unused.delete(store, signal);
    return store.turn.run(() => {
      if (place === 'ends') return deleteEnded(store, limit);
      return place === 'dead' ? timed.expireDead(store, limit) : timed.promote(store, place, limit);
    });
  }

  overdue(limit: number): Promise<readonly Reservation[]> {
    return this.#store.turn.run(() => reservations.overdue(this.#store, limit));
  }

  nextDue(where: TimedSet | 'working' | 'ends'): Promise<Micros | undefined> {
    const store = this.#store;
    return store.turn.run(() => {
      if (where === 'ends') return nextEnd(store);
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

  async changeQueues(names: readonly string[] | '*', change: 'pause' | 'resume' | 'remove'): Promise<void> {
    const store = this.#store;
    if (change !== 'remove') {
      await store.turn.runInOrder(() => queues.setPaused(store, names, change === 'pause'));
      return;
    }
    await queues.remove(store, names);
    await this.#unused.delete(store);
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

  async mutate(change: SetChange): Promise<number> {
    return changeSet(this.#store, this.#open.reader, change, this.#deadLimit);
  }

  apply(effects: readonly Effect[]): Promise<void> {
    const store = this.#store;
    return store.turn.run(() => {
      const refusal = refusalOf(store, effects, new Set());
      if (refusal) throw refusal;
      applyEffects(store, effects, NO_JOB);
    });
  }

  read(keys: readonly string[]): Promise<ReadonlyMap<string, KeptValue>> {
    const store = this.#store;
    return store.turn.run(() => readKept(store, keys));
  }

  scan(prefix: string, after: string | undefined, limit: number): Promise<ReadonlyMap<string, KeptValue>> {
    const store = this.#store;
    return store.turn.run(() => scanKept(store, prefix, after, limit));
  }

  share(name: string, text: string | undefined, lasts: Micros): Promise<void> {
    const store = this.#store;
    return store.turn.run(() => shared.share(store, name, text, lasts));
  }

  shared(prefix: string): Promise<ReadonlyMap<string, SharedText>> {
    const store = this.#store;
    return store.turn.read(() => shared.shared(store, prefix));
  }

  async flush(): Promise<void> {
    const store = this.#store;
    await store.turn.runInOrder(() => flush(store));
    await deleteFlushed(store);
  }

  probe(): Promise<void> {
    const store = this.#store;
    return store.turn.run(() => {
      store.turn.begin();
      store.write('INSERT OR REPLACE INTO mark (id, written_at) VALUES (1, ?)', this.clock());
    });
  }

  #commits(): CommitFigures {
    const { turn, syncSeconds } = this.#store;
    return { ...turn.figures, syncSeconds };
  }

  onReady(listener: (queue: string, count: number, gate?: string) => boolean): () => void {
    const { readyListeners } = this.#store;
    readyListeners.add(listener);
    return () => readyListeners.delete(listener);
  }

  onDue(listener: (where: TimedSet | 'working' | 'ends', due: Micros) => void): () => void {
    const { dueListeners } = this.#store;
    dueListeners.add(listener);
    return () => dueListeners.delete(listener);
  }

  get #store(): Store {
    return this.#open.store;
  }
}

/** Deletes keys whose end has passed, then jobs whose deadline has. Returns how many. */
function deleteEnded(store: Store, limit: number): number {
  store.gates.lapse();
  const count = lapse(store, limit) + shared.expire(store, limit);
  return count + sweep(store, Math.max(limit - count, 0));
}

/** When `deleteEnded` has something to do. From now on listeners hear of what is due earlier for gates. */
function nextEnd(store: Store): Micros | undefined {
  const kept = earlier(nextLapse(store), shared.nextEnd(store));
  const due = earlier(store.gates.nextLapse(), earlier(kept, nextDeadline(store)));
  store.knowEarliest(ENDS, due);
  return due;
}

const earlier = (a: Micros | undefined, b: Micros | undefined): Micros | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
