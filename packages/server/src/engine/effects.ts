/**
 * Effects: data that the engine commits together with an operation, and consequences: effects that a job carries for the moments of its
 * life. Features speak in effects and never hold the store. Types only; `Engine` has the promises.
 *
 * The engine makes all checks of an operation before its first write. Only `expect`, `claim` and `count` can refuse, and only in the
 * effects of a call: in a consequence, an `atZero` or a `lapse` they never refuse.
 */
import type { Micros } from '@faktory-ts/protocol';

/** A job plus where it goes: its queue now, or `scheduled` until `at`. */
export interface Entry {
  readonly jid: string;
  readonly queue: string;
  readonly jobtype: string;
  /** 1 to 9, 9 is handed out first. */
  readonly priority: number;
  /** Seconds a reservation of this job lasts; floor and ceiling already applied. */
  readonly reserveFor: number;
  /** The wire document without `enqueued_at` and `failure`. */
  readonly document: string;
  /** A failure the producer sent along, as JSON text; undefined means none. */
  readonly failure: string | undefined;
  /** When the job becomes ready; undefined means at once. */
  readonly at: Micros | undefined;
  /** Applied with the push. A refusal refuses this job only. */
  readonly effects?: readonly Effect[] | undefined;
  /** Applied at the moments of the job's life. */
  readonly consequences?: Consequences | undefined;
  /** From this instant on the job is not handed out, but deleted. */
  readonly deadline?: Micros | undefined;
}

/** An end in time: so long after the commit, or an instant that a client named. */
export type End = { readonly in: Micros } | { readonly at: Micros };

/** One effect. Keys begin with the name of the feature and a colon. */
export type Effect =
  /** Refuses the whole operation unless the key has this value; undefined: unless it is absent. */
  | { readonly do: 'expect'; readonly key: string; readonly value: string | undefined }
  /**
   * Holds a name until the end, or until `release`. The holder is the job, or the operation where there is no job. A taken name refuses
   * that job with NOTUNIQUE, or the operation.
   */
  | { readonly do: 'claim'; readonly key: string; readonly until?: End }
  /** Gives a name up. Does nothing when another holder has it. */
  | { readonly do: 'release'; readonly key: string }
  /** A number that applies `atZero` when it reaches zero, once in its life; at the end `lapse` instead. */
  | {
      readonly do: 'counter';
      readonly key: string;
      readonly value: number;
      readonly atZero: readonly Effect[];
      readonly until?: End;
      readonly lapse?: readonly Effect[];
    }
  /** Adds to a counter. A missing key refuses the job or the operation with NOT_FOUND; in a consequence it does nothing. */
  | { readonly do: 'count'; readonly key: string; readonly by: number }
  /** Adds to a plain number; a missing one begins at 0. */
  | { readonly do: 'number'; readonly key: string; readonly by: number }
  /** Keeps a value, stamped with the engine's time. */
  | { readonly do: 'put'; readonly key: string; readonly value: string; readonly until?: End }
  /** Deletes a key of any kind. */
  | { readonly do: 'drop'; readonly key: string }
  /** Moves the end of keys, whatever they hold; missing ones stay missing. */
  | { readonly do: 'keep'; readonly keys: readonly string[]; readonly until: End }
  /** Stores these jobs too. They are never refused. */
  | { readonly do: 'push'; readonly entries: readonly Entry[] };

/**
 * A moment in the life of a job.
 *
 * - `taken`: handed out. `ready`: in its queue again, as a retry or a scheduled job that came due, requeued, or given back.
 * - `executed`: the first end of a run, or leaving the store before any run; once.
 * - `failed`: every bad end of a run. `failing`: a bad end while the job is not failing. `recovered`: acknowledged while it is failing.
 * - `dead`: moved to dead. `done`: acknowledged. `expired`: deleted because its deadline passed.
 * - `gone`: it left the store, in whatever way but a flush.
 */
export type Moment =
  | 'taken'
  | 'ready'
  | 'executed'
  | 'failed'
  | 'failing'
  | 'recovered'
  | 'dead'
  | 'done'
  | 'expired'
  | 'gone';

/** The effects of a job for the moments of its life, fixed at its push. */
export type Consequences = { readonly [M in Moment]?: readonly Effect[] };

/** What a key holds. */
export interface KeptValue {
  readonly kind: 'claim' | 'counter' | 'number' | 'value';
  /** Of a claim: empty. Of a counter and a number: the number as text. */
  readonly value: string;
  /** When it was written last. */
  readonly at: Micros;
  readonly until: Micros | undefined;
}
