/**
 * What an engine can be asked for by the people who run jobs: finding jobs by what they are, in bites, and changing the found
 * ones. Types only; `Engine` has the promises. Workers and producers never come here.
 *
 * A stranger would get wrong that an `entry` names a job *where it is*: once the job has moved, its name means nothing any more.
 */
import type { Micros } from '@faktory-ts/protocol';

/** Where a job can be. */
export type Place = 'ready' | 'scheduled' | 'retries' | 'working' | 'dead';

/** Which jobs: all that is given must hold, and of a list one. Absent means any. */
export interface FindAsk {
  /** Looked at in this order; at least one. */
  readonly places: readonly Place[];
  readonly queues?: readonly string[] | undefined;
  readonly jobtypes?: readonly string[] | undefined;
  readonly priorities?: readonly number[] | undefined;
  readonly jids?: readonly string[] | undefined;
  /** Of the worker that holds the job. */
  readonly wid?: string | undefined;
  /** The arguments, as JSON text or as what stands between the quotes of a string in them, contain this. Case counts. */
  readonly text?: string | undefined;
  /** The jid, or the arguments as with `text`, contain this. Case counts. */
  readonly search?: string | undefined;
  /** The errtype or the message of the last failure contains this. Case counts. */
  readonly error?: string | undefined;
  /** The last failure is of one of these kinds: ids of `fingerprint`. */
  readonly fingerprints?: readonly string[] | undefined;
  /** `Found.at` is not before this … */
  readonly from?: Micros | undefined;
  /** … and before this. */
  readonly until?: Micros | undefined;
  /** `Found.failedAt` is not before this: only jobs in retries and dead … */
  readonly failedFrom?: Micros | undefined;
  /** … and before this. */
  readonly failedUntil?: Micros | undefined;
  /**
   * `failed`: jobs of retries and dead as one list, the one that failed last first. Undefined, and for other places and with `jids`:
   * place by place, in the order of hand-out or due time.
   */
  readonly order?: 'failed' | undefined;
}

/** How far one call goes, and from where. */
export interface Bite {
  /** Undefined: from the start. Else what the last bite of the same ask gave. Throws INVALID for anything else. */
  readonly cursor?: string | undefined;
  /** Most jobs in the answer. */
  readonly limit: number;
  /** Leaves out `attempts`, which may be the largest part of a job. */
  readonly lean?: boolean;
}

/** A job and where it is. */
export interface Found {
  /** Names it for {@link Engine.change}; void once the job has moved or was changed. */
  readonly entry: string;
  readonly place: Place;
  readonly jid: string;
  readonly queue: string;
  readonly priority: number;
  /** ready: enqueued; scheduled, retries: due; working: handed out; dead: forgotten then. */
  readonly at: Micros;
  /** Of retries and dead: the last failure; of a job that was killed from another place: when. */
  readonly failedAt?: Micros;
  /** Undefined: never enqueued yet. */
  readonly enqueuedAt: Micros | undefined;
  readonly document: string;
  /** As JSON text; undefined means it never failed. */
  readonly failure: string | undefined;
  /** The executions that failed, as JSON text; undefined means that none is kept, or that the bite did not want them. */
  readonly attempts: string | undefined;
  /** Only of working jobs: who has it (empty: a producer), and until when; undefined: as long as its worker beats. */
  readonly wid?: string;
  readonly expiresAt?: Micros | undefined;
}

/** What one bite gave. */
export interface Progress {
  /** Jobs looked at since the start of the search. */
  readonly scanned: number;
  /** Jobs there are to look at, at the time of this bite. */
  readonly total: number;
  /** Where to go on; undefined: this was the last bite. */
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
 * What becomes of a found job. One that is in that state already is left as it is, and so is one that a worker has.
 *
 * `discard` forgets it, `kill` moves it to dead, `requeue` to the tail of its queue. `schedule` makes it due then: a retry stays one, any
 * other becomes scheduled. `move` gives it another queue, `prioritize` another priority; a ready one then stands at the tail there.
 */
export type EntryChange =
  | { readonly do: 'discard' }
  | {
      readonly do: 'kill';
      /** The dead entry is deleted so long after the commit. */
      readonly deadFor: Micros;
      /** Throws INVALID and changes nothing where dead jobs would be deleted to make room. */
      readonly spareDead?: boolean;
    }
  | { readonly do: 'requeue' }
  | { readonly do: 'schedule'; readonly at: Micros }
  | { readonly do: 'move'; readonly queue: string; readonly documents: NewDocuments }
  | { readonly do: 'prioritize'; readonly priority: number; readonly documents: NewDocuments };

/** The documents that the jobs have from then on: one for each entry of the call, in its order. */
export type NewDocuments = readonly string[];

/** How a change that can be undone is called. */
export interface UndoLabel {
  /** Of the whole change, made by who asks: all its bites have the same. Throws INVALID for that of another change. */
  readonly name: string;
  /** What it does, for people. */
  readonly action: string;
  /** Who asked for it. */
  readonly who?: string | undefined;
}

/** A change that can be undone. */
export interface Undoable {
  readonly name: string;
  readonly action: string;
  readonly who: string | undefined;
  readonly at: Micros;
  /** Until then. */
  readonly until: Micros;
  /** Jobs that it changed and that were not brought back yet. */
  readonly count: number;
}

/** What one bite of undoing did. */
export interface Undone {
  /** Jobs that are again exactly where and as they were. */
  readonly undone: number;
  /** Jobs that were left as they are, for they have moved since the change. */
  readonly kept: number;
  /** Jobs still to do: ask again. */
  readonly left: number;
}
