/**
 * THE RULES ROOM's door: what each verb means, for the rooms that speak to people (wire, http) and to time (tasks).
 *
 * It keeps parked fetches and, while a client watches, the last events; all else is in the engine. It knows no sockets and no store
 * code. What needs no rule is not wrapped here: other rooms use `engine`, `finder`, `history` and `archive` directly.
 */
import type {
  FaktoryError,
  JobChange,
  JobText,
  Micros,
  Mutation,
  TailAsk,
  TailedEvents,
} from '@faktory-ts/protocol';
import type {
  Archive,
  Backend,
  Engine,
  Finder,
  Found,
  History,
  Producer,
  Progress,
  Reservation,
  ReservationRef,
  Undone,
} from '../engine/engine.ts';
import { type Logger, silent } from '../log.ts';
import { need } from './capability.ts';
import { DONE, end, endAll, GIVEN_BACK } from './end.ts';
import { expire, type FailReport, type FailRules, fail, failAll } from './fail.ts';
import { type FetchCall, type FetchServices, fetch, fetchBulk } from './fetch.ts';
import { giveBackOthers } from './holding.ts';
import { IgnoredOptions } from './ignored.ts';
import { mutate } from './mutate.ts';
import { change, running, undo } from './operate.ts';
import { countRefused, noteText, type Parts, type PushLine, push, pushBulk } from './push.ts';
import { latency } from './queues.ts';
import { Tail } from './tail.ts';
import { Waiting } from './waiting.ts';

export type { FetchCall } from './fetch.ts';
export type { Parts, PushLine } from './push.ts';

/** What a producer needs to know after a broken connection. */
export interface PushedLines {
  /** Lines that were counted. */
  readonly pushed: number;
  /** By line: what it was answered, as JSON text. */
  readonly answers: ReadonlyMap<number, string>;
}

/** The members of the engine that need no rule. */
export type DirectEngine = Pick<
  Engine,
  | 'beat'
  | 'clock'
  | 'figures'
  | 'flush'
  | 'meter'
  | 'nextDue'
  | 'onDue'
  | 'probe'
  | 'producerOwner'
  | 'queues'
  | 'removeQueues'
  | 'setPaused'
  | 'sizes'
  | 'storageErrors'
  | 'workerOwner'
>;

/** Which timed place a task looks after. */
export type TimedPlace = 'scheduled' | 'retries' | 'working' | 'dead';

export class Jobs {
  /** What other rooms may do without a rule. */
  readonly engine: DirectEngine;
  readonly #backend: Backend;
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
    backend: Backend,
    mostLosses = 3,
    mostAttempts = 10,
    features: readonly string[] = [],
    log: Logger = silent,
  ) {
    const { engine } = backend;
    this.#backend = backend;
    this.engine = engine;
    this.#engine = engine;
    this.#ignored = new IgnoredOptions(features, log);
    this.#tail = new Tail(engine.clock);
    this.#services = { engine, waiting: this.#waiting, tail: this.#tail };
    this.#failRules = { mostLosses, mostAttempts };
    this.#stopListening = engine.onReady((queue, count) => this.#waiting.signal(queue, count));
  }

  /** Throws UNSUPPORTED where the store does not have it; so do the next two. */
  get finder(): Finder {
    return need(this.#backend.finder, 'finding and changing jobs');
  }

  get history(): History {
    return need(this.#backend.history, 'history');
  }

  get archive(): Archive {
    return need(this.#backend.archive, 'backups and the size of its files');
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

  fetch(call: FetchCall): Promise<Reservation | undefined> {
    return fetch(this.#services, call);
  }

  /** Up to `count` jobs, in one commit when there are any. */
  fetchBulk(call: FetchCall, count: number): Promise<readonly Reservation[]> {
    return fetchBulk(this.#services, call, count);
  }

  /** Puts a held job back at the head of its queue, no attempt used. False: nobody holds it. */
  giveBack({ jid, reservationId }: ReservationRef): Promise<boolean> {
    return end(this.#services, { jid, ...(reservationId !== undefined && { reservationId }) }, GIVEN_BACK);
  }

  /** False: nobody holds it. */
  ack(held: ReservationRef): Promise<boolean> {
    return end(this.#services, held, DONE);
  }

  /** False: nobody holds it. */
  fail(held: ReservationRef, fault: FailReport): Promise<boolean> {
    return fail(this.#services, held, fault, this.#failRules);
  }

  /** Many ACKs in one operation; tells of each whether it was held. */
  ackAll(holds: readonly ReservationRef[]): Promise<readonly boolean[]> {
    return endAll(
      this.#services,
      holds.map((held) => ({ held, outcome: DONE })),
    );
  }

  /** Many FAILs in one operation. */
  failAll(failed: readonly { held: ReservationRef; fault: FailReport }[]): Promise<readonly boolean[]> {
    return failAll(this.#services, failed, this.#failRules);
  }

  /** Puts many held jobs back, the last one first, so that they stand as they were handed out. */
  giveBackAll(holds: readonly ReservationRef[]): Promise<readonly boolean[]> {
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
  extend(held: ReservationRef, seconds: number): Promise<boolean> {
    return this.#engine.extend(held, seconds * 1_000_000);
  }

  /** Changes the picked jobs of a set; says how many. It goes on when the caller is gone. */
  mutate(mutation: Mutation): Promise<number> {
    return mutate(this.#engine, mutation);
  }

  /** Changes the jobs that a bite of a search finds, in one commit. With `asked.undo` that can be undone for ten minutes. */
  change(asked: JobChange, signal: AbortSignal, who?: string): Promise<Progress & { changed: number }> {
    return change(this.finder, asked, signal, who);
  }

  /** Undoes a bite of the change of this name, in one commit; ask again while something is left. Throws NOT_FOUND. */
  undo(name: string): Promise<Undone> {
    return undo(this.finder, name);
  }

  /** Jobs in hand, the longest first. */
  running(signal: AbortSignal): Promise<readonly Found[]> {
    return running(this.finder, signal);
  }

  /** What happened since; waits for something to happen. */
  tail(ask: TailAsk, signal: AbortSignal): Promise<TailedEvents> {
    return this.#tail.read(ask, signal);
  }

  latency(names: readonly string[]): Promise<Record<string, number>> {
    return latency(this.#engine, names);
  }

  /** Does a bite of what is due in a place: promotes, expires or forgets up to `limit` entries; says how many. */
  async settleDue(place: TimedPlace, limit: number): Promise<number> {
    await this.#moving;
    if (place === 'working') return expire(this.#services, limit, this.#failRules);
    if (place === 'dead') return this.#engine.expireDead(limit);
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
