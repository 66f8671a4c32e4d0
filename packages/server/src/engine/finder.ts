/**
 * The capability `Finder`: finding jobs by what they are, in bites, and changing the found ones, for the people who run jobs. Workers and
 * producers never use it.
 *
 * Note: an `entry` names a job *where it is*; once the job has moved or was changed, the name is void.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { QueueFigures } from './figures.ts';

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
  /** Names it for {@link Finder.change}; void once the job has moved or was changed. */
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

/** What a store can do that finds jobs. */
export interface Finder {
  /**
   * Looks through the places, in the order in which their jobs are due or handed out, until `limit` jobs are found or some 50 ms
   * have gone. Never makes other operations wait, and sees what was committed before the call. Changes meanwhile may hide a job
   * that moves from a place not looked at yet to one that was. Throws INVALID for a bad cursor, ABORTED when given up.
   */
  find(ask: FindAsk, bite: Bite, signal?: AbortSignal): Promise<FoundBite>;
  /** The same without the jobs. */
  count(ask: FindAsk, cursor?: string, signal?: AbortSignal): Promise<CountBite>;
  /**
   * The queues of {@link queues} with more of each. Never makes other operations wait; with hundreds of queues, priorities and times
   * are up to a second old.
   */
  queueFigures(signal?: AbortSignal): Promise<readonly QueueFigures[]>;
  /** How many ready jobs are handed out before this found one; undefined: it is not ready there any more. Makes nobody wait. */
  ahead(entry: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Changes found jobs in one commit; tells of each whether it was changed. With a label it can be undone for ten minutes. */
  change(entries: readonly string[], change: EntryChange, undo?: UndoLabel): Promise<readonly boolean[]>;
  /**
   * Brings up to `limit` jobs of a change back, in one commit; throws NOT_FOUND for a name that is not known, or no more. What the
   * limit of dead forgot for it does not come back.
   */
  undo(name: string, limit: number): Promise<Undone>;
  /** The changes that can be undone, the newest first. */
  undoable(): Promise<readonly Undoable[]>;
  /** Deletes up to `limit` former jobs of changes that cannot be undone any more; says how many. 0: there are no more. */
  expireUndo(limit: number): Promise<number>;
}
