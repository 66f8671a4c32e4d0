/**
 * THE RULES ROOM's door: what each verb means, for the rooms that speak to people (wire, http) and to time (tasks).
 *
 * It holds no state but the line of parked fetches; everything else is in the engine. It knows no sockets and no
 * store code.
 */
import type { JobText, Micros, Mutation } from '@faktory-ts/protocol';
import type { CommitFigures, DayCount, Engine, QueueSummary, Reservation, Sizes } from '../engine/engine.ts';
import { ack } from './ack.ts';
import { expire, type Fault, fail } from './fail.ts';
import { type FetchCall, fetch, giveBack } from './fetch.ts';
import { mutate } from './mutate.ts';
import { push, pushBulk } from './push.ts';
import { latency } from './queues.ts';
import { Waiting } from './waiting.ts';

export type { DayCount, QueueSummary, Reservation, Sizes } from '../engine/engine.ts';
export type { FetchCall } from './fetch.ts';

/** Which timed place a task looks after. */
export type TimedPlace = 'scheduled' | 'retries' | 'working' | 'dead';

export class Jobs {
  readonly #engine: Engine;
  readonly #waiting = new Waiting();
  readonly #stopListening: () => void;

  /** The engine must be open. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#stopListening = engine.onReady((queue, count) => this.#waiting.signal(queue, count));
  }

  push(job: JobText): Promise<void> {
    return push(this.#engine, job);
  }

  pushBulk(jobs: readonly JobText[]): Promise<Record<string, string>> {
    return pushBulk(this.#engine, jobs);
  }

  fetch(call: FetchCall): Promise<Reservation | undefined> {
    return fetch(this.#engine, this.#waiting, call);
  }

  giveBack(reservation: Reservation): Promise<boolean> {
    return giveBack(this.#engine, reservation);
  }

  ack(jid: string): Promise<boolean> {
    return ack(this.#engine, jid);
  }

  fail(jid: string, fault: Fault): Promise<void> {
    return fail(this.#engine, jid, fault);
  }

  mutate(mutation: Mutation): Promise<number> {
    return mutate(this.#engine, mutation);
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

  sizes(): Promise<Sizes> {
    return this.#engine.sizes();
  }

  history(days: number): Promise<readonly DayCount[]> {
    return this.#engine.history(days);
  }

  flush(): Promise<void> {
    return this.#engine.flush();
  }

  /** Proves that a write reaches the disk. Throws STORAGE when it does not. */
  probe(): Promise<void> {
    return this.#engine.probe();
  }

  /** What committing cost since the start. */
  commitFigures(): CommitFigures {
    return this.#engine.figures();
  }

  /** Does a bite of what is due in a place: promotes, expires or forgets up to `limit` entries; says how many. */
  settleDue(place: TimedPlace, limit: number): Promise<number> {
    if (place === 'working') return expire(this.#engine, limit);
    return place === 'dead' ? this.#engine.purge(limit) : this.#engine.promote(place, limit);
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
    this.#waiting.close();
  }
}
