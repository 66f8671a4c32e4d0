/*
 * What a producer says about a job, beside its type and arguments.
 * It must never name a thing otherwise than the wire does. A stranger would get wrong that the fields are spelled `reserve_for`, not
 * reserveFor, so that a job reads the same in code, in the web UI and in a log; and that some of them travel inside `custom`.
 */

import type { Duration } from './duration.ts';

/** A point in time: a Date, RFC 3339 text with a zone, or a Temporal.Instant or Temporal.ZonedDateTime. */
export type Time = Date | string | { readonly epochMilliseconds: number };

/** What a job may have by default, for a whole client or for a jobtype. */
export interface JobDefaults {
  /** `default` when left out. Letters, digits, `.`, `_` and `-`. */
  queue?: string | undefined;
  /** Inside its queue: 1 to 9, 9 first, 5 when left out. */
  priority?: number | undefined;
  /** Seconds a worker may take: 1800 when left out, at least 60, at most 86,400. */
  reserve_for?: number | undefined;
  /** How often to try again: 25 when left out, 0 = forget on failure, -1 = dead on the first failure. */
  retry?: number | undefined;
  /** How many lines of backtrace a worker sends when the job fails: none when left out. */
  backtrace?: number | undefined;
  /** For middleware and features of the server. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown> | undefined;
  /**
   * Seconds in which no second job with the same jobtype, arguments and queue is taken: `NOTUNIQUE`. This and the following
   * travel in `custom`, and need a server that has the feature.
   */
  unique_for?: number | undefined;
  /** What ends `unique_for` early: the job's success, when left out, or its start. */
  unique_until?: 'success' | 'start' | undefined;
  /** Seconds after the push when the job is no longer worth running: the server drops it. */
  expires_in?: number | undefined;
  /** The server keeps the job's state and progress, to be asked by jid. */
  track?: boolean | undefined;
}

/** The names of all defaults. The compiler sees to it that none is missing. */
export const defaultNames = Object.keys({
  queue: 0,
  priority: 0,
  reserve_for: 0,
  retry: 0,
  backtrace: 0,
  custom: 0,
  unique_for: 0,
  unique_until: 0,
  expires_in: 0,
  track: 0,
} satisfies Record<keyof JobDefaults, 0>);

/** Everything about a job but its type and arguments. */
export interface JobOptions extends JobDefaults {
  /** At least 8 bytes, unique among live jobs. A random one when left out. */
  jid?: string | undefined;
  /** Not before this time. Now or past means at once. */
  at?: Time | undefined;
  /**
   * Not before this long from now, by this machine's clock: milliseconds, a text like `'90s'`, `'15 minutes'` or `'1h 30m'`, or a
   * Temporal.Duration. Not together with `at`.
   */
  in?: Duration | undefined;
  /** The time when the job is no longer worth running: as `expires_in`. */
  expires_at?: Time | undefined;
  /** The batch it belongs to. Travels in `custom`. */
  bid?: string | undefined;
}
