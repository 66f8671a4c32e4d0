/**
 * What a fetch asks for, and what it takes. Types only; `Engine` has the promises.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Gates } from './gates.ts';

/** A fetch: take a job from the first of these queues that has one. */
export interface FetchAsk {
  /** Tried in this order. */
  readonly queues: readonly string[];
  /** The worker id; empty when a connection without a worker id (a producer) fetches. */
  readonly wid: string;
  /** The worker's login: `token NAME` or `password`; undefined or empty: none. */
  readonly owner?: string | undefined;
  /**
   * False: the reservation ends after the job's `reserveFor`. True: it is leased, and ends one
   * lease span (15 s by default) after the worker's last leased fetch or `beat`. A monotonic clock
   * measures the span.
   */
  readonly lease?: boolean;
  /** A queue with a closed gate has no job for this fetch. Undefined: there are no gates. */
  readonly gates?: Gates | undefined;
}

/** The answer to a fetch of several jobs. */
export interface Taken {
  readonly jobs: readonly Reservation[];
  /**
   * Queues of the fetch that are not empty and that a gate closes from now on, with the key of that gate. `onReady`
   * reports when it opens.
   */
  readonly closed: ReadonlyMap<string, string>;
}

/** A hand-out: the right of one worker to run a job until `expiresAt`. */
export interface Reservation {
  readonly jid: string;
  readonly wid: string;
  readonly queue: string;
  /**
   * Unique among all hand-outs, after restarts too: each hand-out of a job has its own id. It
   * differs from `takenAt` by less than one second (1,000,000).
   */
  readonly reservationId: number;
  /** When the job was handed out. */
  readonly takenAt: Micros;
  readonly expiresAt: Micros;
  /** When the job last entered its queue at the tail. */
  readonly enqueuedAt: Micros;
  readonly document: string;
  /** The job's last failure as JSON text; undefined: it never failed. */
  readonly failure: string | undefined;
  /** Taken with `lease`: `expiresAt` moves with each beat of the worker. */
  readonly leased: boolean;
  /** How many earlier executions of this job ended because the worker sent no beat in time. */
  readonly losses: number;
  /**
   * Only for a leased reservation whose worker sent no beat in time: the number of other leased
   * reservations that the worker held then. It stays the same while these are settled one by one.
   */
  readonly others?: number;
  /**
   * Earlier failed executions, as JSON text; undefined: none is stored. Only `reservation` and
   * `overdue` return it, a fetch does not.
   */
  readonly attempts?: string | undefined;
}
