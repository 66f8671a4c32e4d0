/**
 * THE RULES ROOM's door: what each verb means, for the rooms that speak to people (wire, http) and to time (tasks).
 *
 * It holds no state but the line of parked fetches, and for those who watch the last events; everything else is in the engine. It
 * knows no sockets and no store code. Long because it is the whole door: a method for each call, most of them one line.
 */
import type {
  FaktoryError,
  JobChange,
  JobSearch,
  JobText,
  Micros,
  Mutation,
  TailAsk,
  TailedEvents,
} from '@faktory-ts/protocol';
import type {
  Backup,
  Bite,
  CommitFigures,
  CountBite,
  DayCount,
  Engine,
  ErrorGroup,
  Found,
  FoundBite,
  Held,
  KindSum,
  Meter,
  Producer,
  Progress,
  QueueFigures,
  QueueSummary,
  Reservation,
  SeriesAsk,
  SeriesStep,
  Sizes,
  Space,
  StorageErrors,
  Undoable,
  Undone,
} from '../engine/engine.ts';
import { type Logger, silent } from '../log.ts';
import { DONE, end, endAll, GIVEN_BACK } from './end.ts';
import { expire, type FailRules, type Fault, fail, failAll } from './fail.ts';
import { type FetchCall, type FetchServices, fetch, fetchBulk } from './fetch.ts';
import { giveBackOthers } from './holding.ts';
import { IgnoredOptions } from './ignored.ts';
import { mutate } from './mutate.ts';
import { change, running, undo } from './operate.ts';
import { countRefused, noteText, type Parts, type PushLine, push, pushBulk } from './push.ts';
import { latency } from './queues.ts';
import { Tail } from './tail.ts';
import { Waiting } from './waiting.ts';

export type * from '../engine/engine.ts';
export { runBounds, storageAdvice, storageErrorKinds, waitBounds } from '../engine/engine.ts';
export type { FetchCall } from './fetch.ts';
export type { Parts, PushLine } from './push.ts';

/** What a producer needs to know after a broken connection. */
export interface PushedLines {
  /** Lines that were counted. */
  readonly pushed: number;
  /** By line: what it was answered, as JSON text. */
  readonly answers: ReadonlyMap<number, string>;
}

/** Which timed place a task looks after. */
export type TimedPlace = 'scheduled' | 'retries' | 'working' | 'dead';

export class Jobs {
  readonly #engine: Engine;
  readonly #tail: Tail;
  readonly #services: FetchServices;
  readonly #waiting = new Waiting();
  readonly #stopListening: () => void;

  readonly #ignored: IgnoredOptions;
  readonly #failRules: FailRules;
  #refusal: FaktoryError | undefined;
  readonly #refusals = new Map<string, FaktoryError>();
  #moving: Promise<void> | undefined;

  /**
   * The engine must be open.
   *
   * @param mostLosses a job that loses its worker this often, when the worker held no other job, goes to dead
   * @param mostAttempts most failed executions that are kept of a job
   * @param features what the server has beyond Faktory's free edition; the log says which options of others are ignored
   */
  constructor(
    engine: Engine,
    mostLosses = 3,
    mostAttempts = 10,
    features: readonly string[] = [],
    log: Logger = silent,
  ) {
    this.#engine = engine;
    this.#ignored = new IgnoredOptions(features, log);
    this.#tail = new Tail(engine.clock);
    this.#services = { engine, waiting: this.#waiting, tail: this.#tail };
    this.#failRules = { mostLosses, mostAttempts };
    this.#stopListening = engine.onReady((queue, count) => this.#waiting.signal(queue, count));
  }

  /** From now on pushes reject with this error, and are not counted; undefined: this reason is over. */
  refusePushes(reason: 'full' | 'gone', refusal: FaktoryError | undefined): void {
    if (refusal) this.#refusals.set(reason, refusal);
    else this.#refusals.delete(reason);
    [this.#refusal] = this.#refusals.values();
  }

  push(job: JobText, line?: PushLine): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    this.#ignored.look(job);
    return push(this.#services, job, line);
  }

  /** With `parts`, others are served between parts of the work: for callers that hold later pushes back meanwhile. */
  pushBulk(jobs: readonly JobText[], line?: PushLine, parts?: Parts): Promise<Record<string, string>> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    for (const job of jobs) this.#ignored.look(job);
    return pushBulk(this.#services, jobs, line, parts);
  }

  /** Counts a line that was refused before it came to the store, with its error. */
  countRefused(line: PushLine, error: unknown): Promise<void> {
    return countRefused(this.#engine, line, error);
  }

  /** How many lines were counted for this producer, and what those behind `answered` were answered if not plain success: JSON texts. */
  async pushed(producer: Producer, answered: number): Promise<PushedLines> {
    const { pushed, notes } = await this.#engine.pushed(producer, answered);
    return { pushed, answers: new Map([...notes].map(([line, note]) => [line, noteText(note)])) };
  }

  /** Whose this producer's name is; undefined: nobody's. */
  producerOwner(name: string): Promise<string | undefined> {
    return this.#engine.producerOwner(name);
  }

  /** Whose this worker is, while it holds a job; undefined: nobody's. */
  workerOwner(wid: string): Promise<string | undefined> {
    return this.#engine.workerOwner(wid);
  }

  fetch(call: FetchCall): Promise<Reservation | undefined> {
    return fetch(this.#services, call);
  }

  /** Up to `count` jobs, in one commit when there are any. */
  fetchBulk(call: FetchCall, count: number): Promise<readonly Reservation[]> {
    return fetchBulk(this.#services, call, count);
  }

  /** Puts a held job back at the head of its queue, no attempt used. False: nobody holds it. */
  giveBack({ jid, reservationId }: Held): Promise<boolean> {
    return end(this.#services, { jid, ...(reservationId !== undefined && { reservationId }) }, GIVEN_BACK);
  }

  /** False: nobody holds it. */
  ack(held: Held): Promise<boolean> {
    return end(this.#services, held, DONE);
  }

  /** False: nobody holds it. */
  fail(held: Held, fault: Fault): Promise<boolean> {
    return fail(this.#services, held, fault, this.#failRules);
  }

  /** Many ACKs in one operation; tells of each whether it was held. */
  ackAll(holds: readonly Held[]): Promise<readonly boolean[]> {
    return endAll(
      this.#services,
      holds.map((held) => ({ held, outcome: DONE })),
    );
  }

  /** Many FAILs in one operation. */
  failAll(failed: readonly { held: Held; fault: Fault }[]): Promise<readonly boolean[]> {
    return failAll(this.#services, failed, this.#failRules);
  }

  /** Puts many held jobs back, the last one first, so that they stand as they were handed out. */
  giveBackAll(holds: readonly Held[]): Promise<readonly boolean[]> {
    return endAll(
      this.#services,
      holds.map((held) => ({ held, outcome: GIVEN_BACK })),
    );
  }

  /** Puts back what this worker took with a lease, but the hand-outs that it has; says how many. End its other fetches before. */
  giveBackOthers(wid: string, holding: readonly Micros[]): Promise<number> {
    return giveBackOthers(this.#services, wid, holding);
  }

  /** The reservation lasts at least so many seconds from now. False: nobody holds it. */
  extend(held: Held, seconds: number): Promise<boolean> {
    return this.#engine.extend(held, seconds * 1_000_000);
  }

  /** A worker was heard: what it took with a lease stays its own. */
  beat(wid: string): Promise<void> {
    return this.#engine.beat(wid);
  }

  /** Changes the picked jobs of a set; says how many. It goes on when the caller is gone. */
  mutate(mutation: Mutation): Promise<number> {
    return mutate(this.#engine, mutation);
  }

  /** Finds jobs, a bite at a time; see the engine. */
  find(search: JobSearch, bite: Bite, signal?: AbortSignal): Promise<FoundBite> {
    return this.#engine.find(search, bite, signal);
  }

  /** Counts the same jobs. */
  count(search: JobSearch, cursor?: string, signal?: AbortSignal): Promise<CountBite> {
    return this.#engine.count(search, cursor, signal);
  }

  /** Changes the jobs that a bite of a search finds, in one commit. With `asked.undo` that can be undone for ten minutes. */
  change(asked: JobChange, signal: AbortSignal, who?: string): Promise<Progress & { changed: number }> {
    return change(this.#engine, asked, signal, who);
  }

  /** Undoes a bite of the change of this name, in one commit; ask again while something is left. Throws NOT_FOUND. */
  undo(name: string): Promise<Undone> {
    return undo(this.#engine, name);
  }

  /** The changes that can be undone, the newest first. */
  undoable(): Promise<readonly Undoable[]> {
    return this.#engine.undoable();
  }

  /** Does a bite of forgetting what is kept for a time that is over; 0: there is no more. */
  forget(limit: number): Promise<number> {
    return this.#engine.forget(limit);
  }

  /** Jobs in hand, the longest first. */
  running(signal: AbortSignal): Promise<readonly Found[]> {
    return running(this.#engine, signal);
  }

  /** What happened since; waits for something to happen. */
  tail(ask: TailAsk, signal: AbortSignal): Promise<TailedEvents> {
    return this.#tail.read(ask, signal);
  }

  setPaused(names: readonly string[] | '*', paused: boolean): Promise<void> {
    return this.#engine.setPaused(names, paused);
  }

  removeQueues(names: readonly string[] | '*'): Promise<void> {
    return this.#engine.removeQueues(names);
  }

  latency(names: readonly string[]): Promise<Record<string, number>> {
    return latency(this.#engine, names);
  }

  queues(): Promise<readonly QueueSummary[]> {
    return this.#engine.queues();
  }

  /** The queues with what a page shows of them; see the engine. */
  queueFigures(signal?: AbortSignal): Promise<readonly QueueFigures[]> {
    return this.#engine.queueFigures(signal);
  }

  /** How many jobs are handed out before this found one; undefined: it is not ready any more. */
  ahead(entry: string, signal?: AbortSignal): Promise<number | undefined> {
    return this.#engine.ahead(entry, signal);
  }

  sizes(): Promise<Sizes> {
    return this.#engine.sizes();
  }

  history(days: number): Promise<readonly DayCount[]> {
    return this.#engine.history(days);
  }

  /** Adds what happened since the last time to history. */
  record(): Promise<void> {
    return this.#engine.record();
  }

  /** What happened, minute by minute or hour by hour; see the engine. */
  series(ask: SeriesAsk, signal?: AbortSignal): Promise<readonly SeriesStep[]> {
    return this.#engine.series(ask, signal);
  }

  /** What happened since then by queue and jobtype. */
  kinds(from: Micros, signal?: AbortSignal): Promise<readonly KindSum[]> {
    return this.#engine.kinds(from, signal);
  }

  /** The kinds of errors since then, and of the jobs that failed with them. */
  errors(ask: { readonly from: Micros }, signal?: AbortSignal): Promise<readonly ErrorGroup[]> {
    return this.#engine.errors(ask, signal);
  }

  flush(): Promise<void> {
    return this.#engine.flush();
  }

  /** Proves that a write reaches the disk. Throws STORAGE when it does not. */
  probe(): Promise<void> {
    return this.#engine.probe();
  }

  /** Makes a backup, and keeps the newest `keep` of all. */
  backup(keep: number): Promise<Backup> {
    return this.#engine.backup(keep);
  }

  /** Proves that a backup (default: the newest) can be restored. */
  verifyBackup(id?: string): Promise<Backup> {
    return this.#engine.verifyBackup(id);
  }

  /** The backups that there are, newest first. */
  backups(): Promise<readonly Backup[]> {
    return this.#engine.backups();
  }

  /** What was counted of jobs since the start. */
  get meter(): Meter {
    return this.#engine.meter;
  }

  /** Errors of the storage since the start. */
  get storageErrors(): StorageErrors {
    return this.#engine.storageErrors;
  }

  /** The room that the store takes on the disk. */
  space(): Promise<Space> {
    return this.#engine.space();
  }

  /** Gives up to so many free bytes back to the file system, in one commit; says how many. */
  shrink(bytes: number): Promise<number> {
    return this.#engine.shrink(bytes);
  }

  /** Takes what is in the log into the store and makes the log short. */
  emptyLog(): Promise<void> {
    return this.#engine.emptyLog();
  }

  /** What committing cost since the start. */
  commitFigures(): CommitFigures {
    return this.#engine.figures();
  }

  /** Does a bite of what is due in a place: promotes, expires or forgets up to `limit` entries; says how many. */
  async settleDue(place: TimedPlace, limit: number): Promise<number> {
    await this.#moving;
    if (place === 'working') return expire(this.#services, limit, this.#failRules);
    if (place === 'dead') return this.#engine.purge(limit);
    const count = await this.#engine.promote(place, limit);
    this.#tail.promoted(place, count);
    return count;
  }

  /** The wall clock was set: stored ends that mean a length move along, before anything is overdue by the new time. */
  clockSet(by: Micros): Promise<void> {
    const moved = this.#engine.moveEnds(by);
    this.#moving = moved.catch(() => undefined); // told to the caller
    return moved;
  }

  /** The engine's time. */
  now(): Micros {
    return this.#engine.clock();
  }

  /** When the next entry of a place is due; undefined when there is none. */
  nextDue(place: TimedPlace): Promise<Micros | undefined> {
    return this.#engine.nextDue(place);
  }

  /** Told when an entry enters a place that is due before all others there. */
  onDue(listener: (place: TimedPlace, due: Micros) => void): () => void {
    return this.#engine.onDue(listener);
  }

  /** How many fetches wait for a job. */
  get parked(): number {
    return this.#waiting.size;
  }

  /** Ends all waits with nothing. */
  close(): void {
    this.#stopListening();
    this.#tail.close();
    this.#waiting.close();
  }
}
