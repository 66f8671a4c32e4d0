/**
 * Gates: limits that a fetch brings along for its queues. Types only; `Engine` has the promises.
 *
 * Fetches that name a gate by the same key share it, whatever their queues. A key belongs to one kind of gate and
 * begins with the name of the feature and a colon.
 */
import type { Micros } from '@faktory-ts/protocol';

/**
 * At most `limit` reservations hold a slot of the key at once. A slot belongs to its reservation. It is free again at
 * whichever comes first:
 * - the reservation ends, in whatever way;
 * - `span` is over: the job runs on without a slot, and its late end frees no slot of another job;
 * - the worker is silent: of a leased reservation the lease is over; another worker sent no `beat` for 60 s after the
 *   hand-out or its last `beat`. A connection without a worker id is never silent.
 */
export interface SlotGate {
  readonly gate: 'slots';
  readonly key: string;
  readonly limit: number;
  /** Microseconds. */
  readonly span: Micros;
}

/** One hand-out each `per`. Up to `burst` hand-outs come at once after a rest. A job that is given back was handed out. */
export interface RateGate {
  readonly gate: 'rate';
  readonly key: string;
  /** Whole microseconds. */
  readonly per: Micros;
  readonly burst: number;
}

export type Gate = SlotGate | RateGate;

/** The gates of a fetch by queue. A queue is open while all its gates are. */
export type Gates = ReadonlyMap<string, readonly Gate[]>;
