/**
 * The capability `Finder`: finds jobs by their properties, changes them and undoes such changes.
 * Operators use it, through the web UI and the verbs JOBS, CHANGE and UNDO; workers and producers
 * do not.
 *
 * A search runs in bites: one call returns a part and a cursor to continue from. A search never
 * delays other operations.
 * Note: `entry` names a job in its present place; it is void once the job has moved or changed.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { QueueFigures } from './figures.ts';
import type { RefusedJob } from './producer.ts';

/** Where a job can be. */
export type Place = 'ready' | 'scheduled' | 'retries' | 'working' | 'dead';

/** A search: every given field must match; of a list, one value. An absent field matches any. */
export interface FindAsk {
  /** Searched in this order; at least one. */
  readonly places: readonly Place[];
  readonly queues?: readonly string[] | undefined;
  readonly jobtypes?: readonly string[] | undefined;
  readonly priorities?: readonly number[] | undefined;
  readonly jids?: readonly string[] | undefined;
  /** The worker that holds the job. */
  readonly wid?: string | undefined;
  /** The arguments contain this, as JSON text or inside one of their strings. Case-sensitive. */
  readonly text?: string | undefined;
  /** The jid contains this, or the arguments do as with `text`. Case-sensitive. */
  readonly search?: string | undefined;
  /** The errtype or message of the last failure contains this. Case-sensitive. */
  readonly error?: string | undefined;
  /** The last failure has one of these ids of `fingerprint` (of the protocol). */
  readonly fingerprints?: readonly string[] | undefined;
  /** `Found.at` is at or after this. */
  readonly from?: Micros | undefined;
  /** `Found.at` is before this. */
  readonly until?: Micros | undefined;
  /** `Found.failedAt` is at or after this; only jobs in retries and dead have one. A job that never failed is not found. */
  readonly failedFrom?: Micros | undefined;
  /** `Found.failedAt` is before this. */
  readonly failedUntil?: Micros | undefined;
  /**
   * `failed`: jobs of retries and dead in one list, the last failure first. Undefined, or another
   * place is searched, or `jids` is given: place by place, in the order of hand-out or due time.
   */
  readonly order?: 'failed' | undefined;
}

/** Where one call starts and how much it returns. */
export interface Bite {
  /** `next` of the last bite of the same search; undefined: from the start. Else throws INVALID. */
  readonly cursor?: string | undefined;
  /** The most jobs to return. */
  readonly limit: number;
  /** True: leave out `attempts` and `names`; the first may be the largest part of a job. */
  readonly lean?: boolean;
}

/** A name that a job holds. */
export interface HeldName {
  /** It begins with the name of its feature and `:`. */
  readonly key: string;
  /** Free again from then on; absent: until the job gives it up. */
  readonly until?: Micros;
}

/** A found job and its place. */
export interface Found {
  /** Names the job for {@link Finder.change}; void once the job has moved or changed. */
  readonly entry: string;
  readonly place: Place;
  readonly jid: string;
  readonly queue: string;
  readonly priority: number;
  /** Time of: enqueued (ready), due (scheduled, retries), handed out (working), expiry (dead). */
  readonly at: Micros;
  /** For retries and dead: time of the last failure, or of the kill if it came from elsewhere. */
  readonly failedAt?: Micros;
  /** From this instant on a waiting job is deleted, not handed out; absent: never. */
  readonly deadline?: Micros;
  /** Undefined: not enqueued yet. */
  readonly enqueuedAt: Micros | undefined;
  readonly document: string;
  /** The last failure as JSON text; undefined: the job never failed. */
  readonly failure: string | undefined;
  /** Failed executions as JSON text; undefined: none is stored, or the bite is `lean`. */
  readonly attempts: string | undefined;
  /** The names that it holds by `claim`; absent: none, or the bite is `lean`. */
  readonly names?: readonly HeldName[];
  /** For working: the worker that holds the job; empty: a connection without a worker id. */
  readonly wid?: string;
  /** For working: end of the reservation; undefined: leased, so the worker's beats decide. */
  readonly expiresAt?: Micros | undefined;
}

/** How far a search has come after a bite. */
export interface Progress {
  /** Jobs examined since the start of the search. */
  readonly scanned: number;
  /** Jobs to examine in all, at the time of this bite. */
  readonly total: number;
  /** Cursor of the next bite; undefined: this was the last one. */
  readonly next: string | undefined;
}

export interface FoundBite extends Progress {
  readonly jobs: readonly Found[];
}

export interface CountBite extends Progress {
  /** Matching jobs in this bite. */
  readonly count: number;
}

/**
 * A change of found jobs. A job that is already in the wanted state stays as it is, and so does a
 * working job.
 *
 * - `discard` deletes the job, `kill` moves it to dead, `requeue` to the tail of its queue.
 * - `schedule` makes it due at a time: a job in retries stays there, any other goes to scheduled.
 * - `move` changes its queue, `prioritize` its priority; a ready job goes to the tail there, any
 *   other job keeps its place and time.
 */
export type EntryChange =
  | { readonly do: 'discard' }
  | {
      readonly do: 'kill';
      /** Microseconds from the commit until the dead entry expires. */
      readonly deadFor: Micros;
      /** True: throw INVALID and change nothing if dead has no room for all of them. */
      readonly spareDead?: boolean;
    }
  | { readonly do: 'requeue' }
  | { readonly do: 'schedule'; readonly at: Micros }
  | { readonly do: 'move'; readonly queue: string; readonly documents: NewDocuments }
  | { readonly do: 'prioritize'; readonly priority: number; readonly documents: NewDocuments };

/** The new documents of the jobs: one for each entry of the call, in the same order. */
export type NewDocuments = readonly string[];

/** The label of a change that can be undone. */
export interface UndoLabel {
  /** Chosen by the caller, the same for all bites of one change. Throws INVALID if it is in use. */
  readonly name: string;
  /** What the change does, as a text for operators. */
  readonly action: string;
  /** Name of the caller that made the change. */
  readonly who?: string | undefined;
}

/** A change that can be undone. */
export interface Undoable {
  readonly name: string;
  readonly action: string;
  readonly who: string | undefined;
  readonly at: Micros;
  /** Undo is possible until this time. */
  readonly until: Micros;
  /** Changed jobs that are not restored yet. */
  readonly count: number;
}

/** The result of one bite of undo. */
export interface Undone {
  /** Jobs that this bite restored exactly. */
  readonly undone: number;
  /** Jobs that stay as they are, because they have moved or changed since. */
  readonly kept: number;
  /** Jobs that are not handled yet: call again. */
  readonly left: number;
  /** Jobs that stay out because another job has their name now. Absent: there are none. */
  readonly refused?: readonly RefusedJob[];
}

/** Finding and changing jobs. */
export interface Finder {
  /**
   * Returns the next bite: searches until it has `limit` jobs or about 50 ms have passed. It never
   * delays other operations, and sees all commits that ended before the call.
   * Note: a job that moves during the search, into a place that was searched already, is missed.
   * Throws INVALID for a bad cursor, ABORTED when `signal` fires.
   */
  find(ask: FindAsk, bite: Bite, signal?: AbortSignal): Promise<FoundBite>;
  /** Counts the matching jobs of the next bite. */
  count(ask: FindAsk, cursor?: string, signal?: AbortSignal): Promise<CountBite>;
  /**
   * The queues of `Engine.queues` with more figures. Never delays other operations. With hundreds
   * of queues, priorities and times are up to one second old.
   */
  queueFigures(signal?: AbortSignal): Promise<readonly QueueFigures[]>;
  /** The earliest `enqueuedAt` of the queue's ready jobs; undefined: none is ready. */
  oldest(queue: string): Promise<Micros | undefined>;
  /** Number of ready jobs ahead of this one in its queue; undefined: it is not ready any more. */
  ahead(entry: string, signal?: AbortSignal): Promise<number | undefined>;
  /**
   * Changes found jobs in one commit; returns for each whether it was changed. A job that has moved
   * or changed since it was found is not changed. With a label, undo is possible for ten minutes.
   */
  change(entries: readonly string[], change: EntryChange, undo?: UndoLabel): Promise<readonly boolean[]>;
  /**
   * Restores up to `limit` jobs of a change in one commit, dead jobs that it evicted included; fewer
   * when their documents together exceed some megabytes.
   * Dead keeps to its limit: it evicts its oldest entries for restored ones. Throws NOT_FOUND for
   * an unknown name and after ten minutes.
   */
  undo(name: string, limit: number): Promise<Undone>;
  /** The changes that can be undone, the newest first. */
  undoable(): Promise<readonly Undoable[]>;
  /** Deletes up to `limit` stored jobs of changes that can no longer be undone. 0: none is left. */
  expireUndo(limit: number): Promise<number>;
}
