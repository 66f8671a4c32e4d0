/**
 * THE STORE ROOM's door: what a place that holds jobs must promise. The rules room calls it; engines implement it.
 *
 * Every method is one atomic commit, and a resolved promise means the commit is as durable as the engine was asked
 * to be (`sync`). Operations take effect in the order in which they were called. An engine knows places, orders and
 * times; it never knows sockets, retry curves or texts of replies.
 *
 * A stranger would get wrong: a job's *document* never changes after its push, unless an operator moves the job to another
 * queue or priority. What changes during its life (when it was enqueued, its failure, where it is) stands beside it, and
 * `wireJob` of the protocol joins them.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Archive } from './archive.ts';
import type { CommitFigures, QueueSummary, Sizes } from './figures.ts';
import type { Finder } from './finder.ts';
import type { History, JobError } from './history.ts';
import type { Meter } from './meter.ts';
import type { Counted, Producer, Pushed, Refusal } from './producer.ts';
import type { StorageErrors } from './storage-errors.ts';

export type * from './archive.ts';
export type * from './figures.ts';
export type * from './finder.ts';
export type * from './history.ts';
export { Histogram, type Kind, Meter, runBounds, timeBounds, waitBounds } from './meter.ts';
export type * from './producer.ts';
export {
  type StorageErrorKind,
  StorageErrors,
  storageAdvice,
  storageErrorKinds,
} from './storage-errors.ts';

/** The sets that wait for a time. */
export type TimedSet = 'scheduled' | 'retries' | 'dead';

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
}

/** What a consumer asks for: the first of these queues that has a job, tried in this order. */
export interface FetchAsk {
  readonly queues: readonly string[];
  /** The worker that takes the job; empty means a producer fetched. */
  readonly wid: string;
  /** Whose the worker is; undefined or empty: nobody's. */
  readonly owner?: string | undefined;
  /** The reservation lasts as long as the worker is heard (fetches, `beat`), not for the job's `reserveFor`. */
  readonly lease?: boolean;
}

/** The right of one wid to run a job until `expiresAt`. */
export interface Reservation {
  readonly jid: string;
  readonly wid: string;
  readonly queue: string;
  /** Unique among all hand-outs: a second hand-out of the same job has another id. */
  readonly reservationId: number;
  /** When the job was handed out. */
  readonly takenAt: Micros;
  readonly expiresAt: Micros;
  readonly enqueuedAt: Micros;
  readonly document: string;
  /** The job's last failure as JSON text; undefined means it never failed. */
  readonly failure: string | undefined;
  /** Taken with `lease`: `expiresAt` moves with every sign of life. */
  readonly leased: boolean;
  /** How often the job's worker fell silent before. */
  readonly losses: number;
  /** Of a leased one whose worker fell silent: how many other leased reservations the worker had then. */
  readonly others?: number;
  /** The executions that failed before, as JSON text; only read by `reservation` and `overdue`. Undefined: none is kept. */
  readonly attempts?: string | undefined;
}

/** Which reservation is meant: the oldest one of this jid, or exactly the one with this id. */
export interface ReservationRef {
  readonly jid: string;
  readonly reservationId?: number;
  /** Only a job of one of these queues is meant. Another one throws FORBIDDEN and changes nothing; undefined: any. */
  readonly queues?: ReadonlySet<string> | undefined;
}

/**
 * How an execution ends. `done` counts one processed; `retries`, `dead` and `forgotten` count one processed and one
 * failure; `queue` puts the job back at the head of its queue and counts nothing.
 */
export type Outcome =
  | { readonly to: 'done' }
  | {
      readonly to: 'retries' | 'dead';
      /** The job is due so long after the commit. */
      readonly in: Micros;
      readonly failure: string;
      /** The executions that failed, as JSON text; undefined leaves them as they are. */
      readonly attempts?: string | undefined;
      /** Its worker fell silent: counted in `losses`. */
      readonly lost?: boolean;
      /** What it is counted under among the errors. */
      readonly error?: JobError;
    }
  | { readonly to: 'discarded'; readonly error?: JobError }
  | { readonly to: 'queue' };

/** When a `settle` applies, beyond that the reservation must be held. */
export interface SettleWhen {
  /** The reservation's time must be over at the commit. So a worker that beats after `overdue` was read keeps its job. */
  readonly onlyIfOverdue?: boolean;
}

/** The end of one reservation. */
export interface Ending extends SettleWhen {
  readonly held: ReservationRef;
  readonly outcome: Outcome;
}

/** A change to every entry of a set that the filter picks. */
export interface SetChange {
  readonly set: TimedSet;
  readonly change: 'discard' | 'kill' | 'requeue';
  /** Only these jids; undefined means all. */
  readonly jids?: readonly string[] | undefined;
  /** Without jids: only this jobtype; undefined means all. */
  readonly jobtype?: string | undefined;
  /** Without jids: only jobs whose whole wire text this glob matches; undefined means all. */
  readonly regexp?: string | undefined;
  /** For `kill`: the dead entry is deleted so long after the commit. */
  readonly deadFor?: Micros;
}

export interface Engine {
  /** Microseconds; decides what is due. Tests replace it. */
  readonly clock: () => Micros;

  /** Opens or makes the store. Throws LOCKED or STORAGE with a text that says what to do. */
  open(): Promise<void>;
  /** Finishes what was called, then closes. Safe to call twice. */
  close(): Promise<void>;

  /**
   * Puts the entries where they go, and returns the refusals: the ready ones of a queue that would grow past its limit are left out
   * together. A counted push raises its producer's count in the same commit. Notes are kept of a producer's last 1,000 pushes; once they have
   * over a megabyte, its pushes throw SHUTDOWN and are not counted until `pushed` was asked.
   */
  push(entries: readonly Entry[], counted?: Counted): Promise<readonly Refusal[]>;
  /**
   * How many pushes were counted for this producer, 0 for one that never pushed or was forgotten, and the notes of those behind
   * `answered`; older notes are dropped. `flush` forgets neither.
   */
  pushed(producer: Producer, answered: number): Promise<Pushed>;
  /** Whose this producer's name is; undefined: nobody's. A name that has not pushed yet is nobody's. */
  producerOwner(name: string): Promise<string | undefined>;
  /** Whose this worker is, while it holds a job; undefined: nobody's. */
  workerOwner(wid: string): Promise<string | undefined>;
  /**
   * Moves one job to the working set: from the first asked queue that is not paused and has one, the highest
   * priority, then the oldest. Undefined means there is none. Never registers a queue.
   */
  fetch(ask: FetchAsk): Promise<Reservation | undefined>;
  /** As many fetches in one operation, until there is none, `count` are taken, or they have some megabytes together. */
  fetchMany(ask: FetchAsk, count: number): Promise<readonly Reservation[]>;
  /** A sign of life: the reservations that this worker took with `lease` last a whole span from now. Not a commit. */
  beat(wid: string): Promise<void>;
  /** The reservations that this worker took with `lease` and that have not ended, the last hand-out first. */
  leasedBy(wid: string): Promise<readonly Required<Pick<ReservationRef, 'jid' | 'reservationId'>>[]>;
  /** Reads a reservation, so that the caller can decide how it ends. Undefined: it is not held. Not a commit. */
  reservation(held: ReservationRef): Promise<Reservation | undefined>;
  /**
   * Ends a reservation. False: it is not held (any more), or `when` does not apply. Then nothing was changed, not even a counter; a
   * caller that decided from `reservation` by a jid alone reads again.
   */
  settle(held: ReservationRef, outcome: Outcome, when?: SettleWhen): Promise<boolean>;
  /** As many settles, one after another in one operation; says of each whether it was applied. */
  settleMany(ends: readonly Ending[]): Promise<readonly boolean[]>;
  /** The reservation lasts at least so long from the commit; never shorter than before. False: it is not held. */
  extend(held: ReservationRef, span: Micros): Promise<boolean>;

  /** Moves up to `limit` due entries to the tail of their queues, in the order they were due; says how many. */
  promote(set: 'scheduled' | 'retries', limit: number): Promise<number>;
  /** Up to `limit` reservations whose time is over, the earliest first. Changes nothing. */
  overdue(limit: number): Promise<readonly Reservation[]>;
  /** Forgets up to `limit` dead entries whose time is over; says how many. */
  expireDead(limit: number): Promise<number>;
  /** When the earliest entry of a place is due; undefined means the place is empty. */
  nextDue(place: TimedSet | 'working'): Promise<Micros | undefined>;

  /**
   * The wall clock was set by so many microseconds: moves what is stored as a time of it but means a length. These are the ends of
   * reservations that are not leased, how long producers are remembered, and how long changes can be undone. What is stored after the
   * call is not moved.
   */
  moveEnds(by: Micros): Promise<void>;

  /** Every queue that was pushed to and not removed since, empty ones too, by name. */
  queues(): Promise<readonly QueueSummary[]>;
  /** Pauses or resumes those of the names that exist; `*` is all that exist now. */
  setPaused(names: readonly string[] | '*', paused: boolean): Promise<void>;
  /** Forgets queues, their ready jobs and their pause; other places keep their jobs. */
  removeQueues(names: readonly string[] | '*'): Promise<void>;
  /** When the longest-waiting ready job was enqueued; undefined means none is ready. */
  oldest(queue: string): Promise<Micros | undefined>;
  sizes(): Promise<Sizes>;

  /**
   * Applies a change to each picked entry, each in one commit, in bites so that others are served meanwhile. Picking by jobtype or
   * glob makes nobody wait. Throws LIMIT for a glob that is too long.
   */
  mutate(change: SetChange): Promise<number>;

  /** Forgets everything. */
  flush(): Promise<void>;
  /** Writes a mark to the store; resolves when that is durable. Throws STORAGE when the store cannot write. */
  probe(): Promise<void>;

  figures(): CommitFigures;
  /** What was counted of jobs since the start. */
  readonly meter: Meter;
  /** Errors of the storage since the start. */
  readonly storageErrors: StorageErrors;

  /**
   * Calls the listener when `count` jobs of this queue can be fetched, before or after the commit that makes them ready, never inside
   * it: what the listener throws changes nothing. True means that a fetch follows at once, which may join the same commit. Returns the
   * way to stop listening.
   */
  onReady(listener: (queue: string, count: number) => boolean): () => void;
  /** Told after a commit: an entry due at `due`, earlier than any known before, entered this place. */
  onDue(listener: (place: TimedSet | 'working', due: Micros) => void): () => void;
}

/** An engine with the capabilities of its store. What is undefined, this store does not have. */
export interface Backend {
  readonly engine: Engine;
  readonly finder: Finder | undefined;
  readonly history: History | undefined;
  readonly archive: Archive | undefined;
}
