/**
 * The door of the rules room: what each verb means. The rooms wire, http and tasks call it.
 *
 * `Jobs` keeps parked fetches and, while a client watches, the last events. All other state is in
 * the engine. Operations without a rule are not wrapped here: other rooms use `engine`, `finder`,
 * `history` and `archive` directly.
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
import { PushExtras } from './extras.ts';
import { expire, type FailReport, type FailRules, fail, failAll } from './fail.ts';
import type { Extras, Feature, FeatureServices } from './feature.ts';
import { type FetchCall, type FetchServices, fetch, fetchBulk } from './fetch.ts';
import { gatesOf } from './gates.ts';
import { giveBackOthers } from './holding.ts';
import { IgnoredOptions } from './ignored.ts';
import { mutate } from './mutate.ts';
import { change, type Running, running, undo } from './operate.ts';
import {
  countRefused,
  extrasInParts,
  needParts,
  noteText,
  type Parts,
  type PushLine,
  type PushServices,
  push,
  pushBulk,
} from './push.ts';
import { latency } from './queues.ts';
import { featureServices } from './services.ts';
import { Tail } from './tail.ts';
import { Waiting } from './waiting.ts';

export type { FetchCall } from './fetch.ts';
export type { Running } from './operate.ts';
export type { Parts, PushLine } from './push.ts';

/** The answer to a producer after a lost connection. */
export interface PushedLines {
  /** How many of its pushes were counted. */
  readonly pushed: number;
  /** Push number → its answer as JSON text; only pushes that had refused jobs. */
  readonly answers: ReadonlyMap<number, string>;
}

/** The members of the engine that need no rule. */
export type DirectEngine = Pick<
  Engine,
  | 'beat'
  | 'changeQueues'
  | 'clock'
  | 'figures'
  | 'flush'
  | 'handleDue'
  | 'nextDue'
  | 'onDue'
  | 'ownerOf'
  | 'probe'
  | 'queues'
  | 'sizes'
>;

/** A place whose entries have a due time; a task works on each. */
export type TimedPlace = 'scheduled' | 'retries' | 'working' | 'dead';

/** The same, and the ends of what features keep with the deadlines of jobs. */
export type DuePlace = TimedPlace | 'ends';

export class Jobs {
  /** The operations of the engine that need no rule. */
  readonly engine: DirectEngine;
  /** For the verbs of features. */
  readonly services: FeatureServices;
  readonly #backend: Backend;
  readonly #engine: Engine;
  readonly #tail: Tail;
  readonly #services: FetchServices & PushServices;
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
   * @param mostLosses a job that lost its worker this often while the worker held no other job goes
   *   to dead
   * @param mostAttempts the most failed executions to store for a job
   * @param features features of this server beyond Faktory's free edition; the log names options of
   *   other features that a push asks for
   */
  constructor(
    backend: Backend,
    mostLosses = 3,
    mostAttempts = 10,
    features: readonly Feature[] = [],
    log: Logger = silent,
  ) {
    const { engine } = backend;
    this.#backend = backend;
    this.engine = engine;
    this.#engine = engine;
    this.#ignored = new IgnoredOptions(
      features.map(({ name }) => name),
      log,
    );
    this.#tail = new Tail(engine.clock);
    this.#services = {
      engine,
      waiting: this.#waiting,
      tail: this.#tail,
      extras: new PushExtras(features, log),
      gatesOf: gatesOf(features),
    };
    this.services = featureServices(this.#services, log, () => this.#refusal);
    this.#failRules = { mostLosses, mostAttempts };
    this.#stopListening = engine.onReady((queue, count, gate) => this.#waiting.signal(queue, count, gate));
  }

  /** Throws UNSUPPORTED if the store does not have it, like the next two. */
  get finder(): Finder {
    return need(this.#backend.finder, 'finding and changing jobs');
  }

  get history(): History {
    return need(this.#backend.history, 'history');
  }

  get archive(): Archive {
    return need(this.#backend.archive, 'backups and the size of its files');
  }

  /** Pushes reject with this error and are not counted; undefined ends the refusal for `reason`. */
  refusePushes(reason: 'full' | 'gone', refusal: FaktoryError | undefined): void {
    if (refusal) this.#refusals.set(reason, refusal);
    else this.#refusals.delete(reason);
    [this.#refusal] = this.#refusals.values();
  }

  /** `found`: what {@link extrasOf} returned. */
  push(job: JobText, line?: PushLine, found?: Extras): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    this.#ignored.look(job);
    return push(this.#services, job, line, found);
  }

  /** Whether the options of these jobs must be read in parts, by {@link extrasOf} or with `parts` of `pushBulk`. */
  needParts(jobs: readonly JobText[]): boolean {
    return needParts(this.#services.extras, jobs);
  }

  /** Reads the options of a job in parts, for `push`. Rejects with INVALID, and with an error of `pause`. */
  extrasOf(job: JobText, pause: () => Promise<void>): Promise<Extras | undefined> {
    return extrasInParts(this.#services, job, pause);
  }

  /**
   * Stores the valid jobs of a bulk; returns the refused ones as jid → reason. With `parts`, other
   * operations run between parts of the work; the caller holds back later pushes until it ends.
   */
  pushBulk(jobs: readonly JobText[], line?: PushLine, parts?: Parts): Promise<Record<string, string>> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    for (const job of jobs) this.#ignored.look(job);
    return pushBulk(this.#services, jobs, line, parts);
  }

  /** Counts a push that was refused before it reached the store, with its error. */
  countRefused(line: PushLine, error: unknown): Promise<void> {
    return countRefused(this.#engine, line, error);
  }

  /** The producer's count, and the answers to its pushes after number `answered`. */
  async pushed(producer: Producer, answered: number): Promise<PushedLines> {
    const { pushed, notes } = await this.#engine.pushed(producer, answered);
    return { pushed, answers: new Map([...notes].map(([line, note]) => [line, noteText(note)])) };
  }

  fetch(call: FetchCall): Promise<Reservation | undefined> {
    return fetch(this.#services, call);
  }

  /** Takes up to `count` jobs in one commit; waits for one if there is none. */
  fetchBulk(call: FetchCall, count: number): Promise<readonly Reservation[]> {
    return fetchBulk(this.#services, call, count);
  }

  /** Puts a job back at the head of its queue; uses no attempt. False: it is not held. */
  giveBack({ jid, reservationId }: ReservationRef): Promise<boolean> {
    return end(this.#services, { jid, ...(reservationId !== undefined && { reservationId }) }, GIVEN_BACK);
  }

  /** False: it is not held. */
  ack(held: ReservationRef): Promise<boolean> {
    return end(this.#services, held, DONE);
  }

  /** False: it is not held. */
  fail(held: ReservationRef, fault: FailReport): Promise<boolean> {
    return fail(this.#services, held, fault, this.#failRules);
  }

  /** Many ACKs in one operation; returns for each whether it was held. */
  ackAll(holds: readonly ReservationRef[]): Promise<readonly boolean[]> {
    return endAll(
      this.#services,
      holds.map((held) => ({ held, outcome: DONE })),
    );
  }

  /** Many FAILs in one operation; returns for each whether it was held. */
  failAll(failed: readonly { held: ReservationRef; fault: FailReport }[]): Promise<readonly boolean[]> {
    return failAll(this.#services, failed, this.#failRules);
  }

  /**
   * Puts many jobs back, each at the head of its queue, in the given order. Name the last hand-out
   * first, so that the jobs are in their old order. Returns for each whether it was held.
   */
  giveBackAll(holds: readonly ReservationRef[]): Promise<readonly boolean[]> {
    return endAll(
      this.#services,
      holds.map((held) => ({ held, outcome: GIVEN_BACK })),
    );
  }

  /** Puts back the worker's leased jobs except `holding`; returns how many. See holding.ts. */
  giveBackOthers(wid: string, holding: readonly Micros[]): Promise<number> {
    return giveBackOthers(this.#services, wid, holding);
  }

  /** Makes the reservation last at least `seconds` from now. False: it is not held. */
  extend(held: ReservationRef, seconds: number): Promise<boolean> {
    return this.#engine.extend(held, seconds * 1_000_000);
  }

  /** Changes the matching jobs of a set; returns how many. Goes on if the connection closes. */
  mutate(mutation: Mutation): Promise<number> {
    return mutate(this.#engine, mutation);
  }

  /**
   * Changes the jobs of one bite of a search, in one commit. With `asked.undo` the change can be
   * undone for ten minutes.
   */
  change(asked: JobChange, signal: AbortSignal, who?: string): Promise<Progress & { changed: number }> {
    return change(this.finder, asked, signal, who);
  }

  /** Undoes one bite of a change, in one commit; call again while `left` > 0. Throws NOT_FOUND. */
  undo(name: string): Promise<Undone> {
    return undo(this.finder, name);
  }

  /** Working jobs, the longest-running first. */
  running(signal: AbortSignal): Promise<readonly Running[]> {
    return running(this.finder, signal);
  }

  /** The events since `ask.after`; waits up to two seconds for one. */
  tail(ask: TailAsk, signal: AbortSignal): Promise<TailedEvents> {
    return this.#tail.read(ask, signal);
  }

  /** Latency by queue, in seconds. */
  latency(names: readonly string[]): Promise<Record<string, number>> {
    return latency(this.finder, this.#engine.clock(), names);
  }

  /**
   * Handles up to `limit` due entries of a place in one commit: promotes jobs, fails expired
   * reservations, deletes dead jobs. Returns how many.
   */
  async settleDue(place: DuePlace, limit: number): Promise<number> {
    await this.#moving;
    if (place === 'working') return expire(this.#services, limit, this.#failRules);
    const count = await this.#engine.handleDue(place, limit);
    if (place === 'scheduled' || place === 'retries') this.#tail.promoted(place, count);
    return count;
  }

  /** The wall clock was set: moves the ends of reservations before `settleDue` compares them. */
  clockSet(by: Micros): Promise<void> {
    const moved = this.#engine.moveEnds(by);
    this.#moving = moved.catch(() => undefined); // the caller gets the error
    return moved;
  }

  /** Number of parked fetches. */
  get parked(): number {
    return this.#waiting.size;
  }

  /** Ends all waits without a job. */
  close(): void {
    this.#stopListening();
    this.#tail.close();
    this.#waiting.close();
  }
}
