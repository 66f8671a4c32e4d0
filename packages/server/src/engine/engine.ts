/**
 * The contract of an engine: the store of all jobs. The rules room (jobs/) calls it, an engine
 * implements it, and `conformance/` tests it.
 *
 * What every engine promises:
 * - A method is one atomic commit unless its comment says otherwise. It resolves when the commit
 *   is as durable as the setting `sync` asks.
 * - Operations take effect in the order of the calls, and their promises settle in that order.
 *   Two operations never see each other half done. Exception: a short operation may overtake long
 *   ones that were called before it: {@link longCall}, a `fetchMany`, a change of many jobs.
 * - An operation that throws a FaktoryError has changed nothing; one that runs in bites keeps the
 *   bites before. `STORAGE`: the store failed. `SHUTDOWN`: the engine is not open.
 * - An engine stores places, orders and times. It knows no sockets, no retry rules and no replies.
 *
 * Where a job can be: *ready* in its queue; *scheduled* or *retries*, until it is due; *working*,
 * while a reservation is held; *dead*, until it expires. A job is in exactly one place.
 * A queue hands out its ready jobs by priority, 9 first, and within a priority from head to tail.
 * A job enters at the tail; a job that is put back enters at the head, and undo restores the old
 * position. A queue is *registered* from its first ready job until it is removed.
 *
 * Note: a job's document does not change after its push, unless an operator moves the job to
 * another queue or priority. The engine stores what changes (enqueued time, failure, place) beside
 * the document; `wireJob` of the protocol joins both.
 * Note: two jobs may have the same jid, so a jid alone does not identify a job.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Archive } from './archive.ts';
import type { Effect, Entry, KeptValue } from './effects.ts';
import type { FetchAsk, Reservation, Taken } from './fetch.ts';
import type { Figures, QueueSummary, Sizes } from './figures.ts';
import type { Finder } from './finder.ts';
import type { History, JobError } from './history.ts';
import type { Counted, Producer, Pushed, Refusal } from './producer.ts';

export type * from './archive.ts';
export type * from './effects.ts';
export type * from './fetch.ts';
export type * from './figures.ts';
export type * from './finder.ts';
export type * from './gates.ts';
export type * from './history.ts';
export { Histogram, type Kind, Meter, runBounds, timeBounds, waitBounds } from './meter.ts';
export type * from './producer.ts';
export {
  lossKinds,
  type StorageErrorKind,
  StorageErrors,
  storageAdvice,
  storageErrorKinds,
} from './storage-errors.ts';

/** The sets whose entries have a due time. */
export type TimedSet = 'scheduled' | 'retries' | 'dead';

/** Names a reservation: with an id exactly that one, without an id the oldest one of the jid. */
export interface ReservationRef {
  readonly jid: string;
  readonly reservationId?: number;
  /**
   * Queues that the caller may use; undefined: any. Without an id the oldest reservation of the jid in these queues is meant. Throws
   * FORBIDDEN when all that are meant are of other queues.
   */
  readonly queues?: ReadonlySet<string> | undefined;
}

/**
 * What becomes of a job when its reservation ends.
 *
 * - `done` deletes the job and counts one processed.
 * - `discarded` deletes the job and counts one processed and one failure.
 * - `retries` and `dead` move the job there with its new failure, and count one processed and one
 *   failure. When dead is over its limit, the engine deletes its oldest entries.
 * - `queue` puts the job back at the head of its priority and counts nothing. The job keeps its
 *   failure and `enqueuedAt`, and its queue is registered again.
 */
export type Outcome =
  | { readonly to: 'done' }
  | {
      readonly to: 'retries' | 'dead';
      /** Microseconds from the commit until the job is due. */
      readonly in: Micros;
      readonly failure: string;
      /** Failed executions to store, as JSON text; undefined: keep the stored ones. */
      readonly attempts?: string | undefined;
      /** The worker sent no beat in time: adds one to the job's `losses`. */
      readonly lost?: boolean;
      /** The error to count in `History.errors`. */
      readonly error?: JobError;
    }
  | { readonly to: 'discarded'; readonly error?: JobError }
  | { readonly to: 'queue' };

/** A condition of `settle`, besides that the reservation is held. */
export interface SettleWhen {
  /**
   * The reservation must be over at the commit. So a worker that sends a beat between `overdue` and
   * `settle` keeps its job.
   */
  readonly onlyIfOverdue?: boolean;
}

/** The end of one reservation. */
export interface Ending extends SettleWhen {
  readonly held: ReservationRef;
  readonly outcome: Outcome;
}

/** A call with more entries is long: short operations that are called later may overtake it. */
export const longCall = { push: 500, settle: 250 } as const;

/** A change of the matching entries of a set. `kill` of a dead entry starts its expiry again. */
export interface SetChange {
  readonly set: TimedSet;
  readonly change: 'discard' | 'kill' | 'requeue';
  /** Only these jids; undefined: any. */
  readonly jids?: readonly string[] | undefined;
  /** Only this jobtype; undefined: any. Ignored with `jids`. */
  readonly jobtype?: string | undefined;
  /** Glob that the job's whole wire text must match; undefined: any. Ignored with `jids`. */
  readonly regexp?: string | undefined;
  /** For `kill`: microseconds from the commit until the dead entry expires. */
  readonly deadFor?: Micros;
}

/** A text that `share` keeps. */
export interface SharedText {
  readonly text: string;
  /** When it was written. When the clock is set, `moveEnds` moves it, and its end too. */
  readonly at: Micros;
}

/** The life of a job, queues, timed sets, leases and producers. Each store implements it. */
export interface Engine {
  /** The wall clock in microseconds; it decides what is due. Tests replace it. */
  readonly clock: () => Micros;

  /** Opens the store, or creates it. Throws LOCKED or STORAGE with a text that says what to do. */
  open(): Promise<void>;
  /** Finishes the operations called before, then closes. A second call does nothing. */
  close(): Promise<void>;

  /**
   * Stores the entries, except the refused ones, which it returns. If the ready entries of a queue
   * do not fit under its limit, all of them are refused (LIMIT). Entries with a time (`at`) do not
   * count, and only pushes are limited. A ready entry registers its queue.
   *
   * With `counted`, the same commit sets the count of the producer and stores the refusals as a
   * note. The engine keeps the notes of a producer's last 1,000 pushes. At two limits a push
   * throws, changes nothing and is not counted:
   * - SHUTDOWN: the notes of its producer exceed 1 MB. It lasts until `pushed` is called for it.
   * - STORAGE: the push has refusals, and the notes of all producers would exceed 64 MB; or its
   *   producer is new, and 100,000 producers have pushed in the last hour. Before that, the producers
   *   that are silent for longest are deleted.
   */
  push(entries: readonly Entry[], counted?: Counted): Promise<readonly Refusal[]>;
  /**
   * Returns the producer's count (0: unknown) and the notes of its pushes after number `answered`;
   * deletes its older notes. `flush` deletes neither counts nor notes.
   */
  pushed(producer: Producer, answered: number): Promise<Pushed>;
  /**
   * The login that owns this producer name or worker id; undefined: none, the name has not pushed,
   * or the worker holds no job.
   */
  ownerOf(kind: 'producer' | 'worker', name: string): Promise<string | undefined>;
  /**
   * Moves one job from the first asked queue that has a ready job and is not paused into the
   * working set. Undefined: no queue has one. A fetch never registers a queue.
   *
   * The same commit takes a slot of each gate of the job's queue. Slots and rates survive a restart;
   * `flush` deletes them.
   */
  fetch(ask: FetchAsk): Promise<Reservation | undefined>;
  /**
   * The same as up to `count` fetches in one commit. Returns fewer when the queues are empty, when
   * gates close them, or when the jobs together exceed some megabytes; a single job may be larger.
   */
  fetchMany(ask: FetchAsk, count: number): Promise<Taken>;
  /**
   * A sign of life: the worker's leased reservations now end one lease span from now, and its slots
   * of gates stay. Does nothing for a worker with neither. Not durable: after a restart each worker
   * gets a whole span.
   */
  beat(wid: string): Promise<void>;
  /** The leased reservations that the worker holds, the last hand-out first. */
  leasedBy(wid: string): Promise<readonly Required<Pick<ReservationRef, 'jid' | 'reservationId'>>[]>;
  /**
   * Reads a reservation, so that the caller can decide how it ends; undefined: it is not held.
   * Note: it may show changes whose commit later fails, because it waits for no commit. Decide by
   * it, and let `settle` check that the reservation is still held.
   */
  reservation(held: ReservationRef): Promise<Reservation | undefined>;
  /**
   * Ends a reservation. False: it is not held (any more), or `when` is not met; then nothing was
   * changed, not even a counter.
   * Note: a caller that has read a reservation settles with its `reservationId`, not with the jid
   * alone, because the oldest hand-out of the jid may have changed. After false it reads again.
   */
  settle(held: ReservationRef, outcome: Outcome, when?: SettleWhen): Promise<boolean>;
  /**
   * Settles in order, in one commit; returns for each whether it was applied. Throws FORBIDDEN, and
   * changes nothing, if one of the jobs is of a queue that is not permitted.
   */
  settleMany(ends: readonly Ending[]): Promise<readonly boolean[]>;
  /**
   * Makes the reservation last at least `span` from the commit; never shortens it. A leased one
   * stays as it is, because its beats decide. False: it is not held.
   */
  extend(held: ReservationRef, span: Micros): Promise<boolean>;

  /**
   * Handles up to `limit` due entries of a place; returns how many.
   *
   * - `scheduled`, `retries`: moves them to the tail of their queues, in the order of their due
   *   times, and registers these queues. `enqueuedAt` becomes now. Fewer when their documents
   *   together exceed some megabytes.
   * - `dead`: deletes them.
   * - `ends`: deletes keys whose end has passed, then jobs whose deadline has; also frees the slots of
   *   gates that are over, and reports gates that time has opened. Shared texts end here too.
   * - `queues`: deletes what is stored of queues that are not registered and have no jobs, when it is
   *   much: all of them, whatever the limit, in bites until `signal`.
   */
  handleDue(place: TimedSet | 'ends' | 'queues', limit: number, signal?: AbortSignal): Promise<number>;
  /**
   * Reservations that are over: by their own time, the earliest first, then leased ones whose
   * workers sent no beat in time. Changes nothing. Returns at most `limit`, and fewer when their
   * documents together exceed some megabytes.
   */
  overdue(limit: number): Promise<readonly Reservation[]>;
  /**
   * When the earliest entry of a place is due; undefined: the place is empty.
   * `ends`: when `handleDue` has something to do there. From then on, `onDue`
   * reports entries that are due earlier than this answer.
   */
  nextDue(place: TimedSet | 'working' | 'ends'): Promise<Micros | undefined>;

  /**
   * The wall clock was set forward by so many microseconds (negative: back). Moves the stored times
   * that stand for a duration: the ends of reservations without a lease, slots and rates of gates,
   * the expiry of producers and the expiry of undo. Due times and history stay.
   * Runs in bites of one commit each.
   * Note: what is stored after the call is not moved, because it uses the new time already.
   */
  moveEnds(by: Micros): Promise<void>;

  /** All registered queues by name, empty ones too. A removed queue is not registered any more. */
  queues(): Promise<readonly QueueSummary[]>;
  /**
   * Pauses, resumes or removes the named queues that are registered; `*` is all that are registered
   * now.
   *
   * A removal deletes the ready jobs and the pause; jobs in other places stay. From the first commit
   * on none of these jobs is handed out. Many jobs are deleted in bites of one commit each; jobs that
   * are pushed meanwhile stay, and are handed out at the end.
   */
  changeQueues(names: readonly string[] | '*', change: 'pause' | 'resume' | 'remove'): Promise<void>;
  sizes(): Promise<Sizes>;

  /**
   * Applies a change to each entry that matches; returns how many it changed. Runs in bites of one
   * commit each, and other operations run in between. An entry that leaves the set meanwhile is not
   * changed. Matching a jobtype or glob never delays other operations. Throws LIMIT for a glob that
   * is too long.
   */
  mutate(change: SetChange): Promise<number>;

  /** Commits effects by themselves. Rejects with the code of the effect that refuses; then nothing is changed. */
  apply(effects: readonly Effect[]): Promise<void>;
  /** What keys hold; absent ones and those whose end has passed are left out. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, KeptValue>>;
  /** Keys that begin with `prefix`, behind `after`, in their order. */
  scan(prefix: string, after: string | undefined, limit: number): Promise<ReadonlyMap<string, KeptValue>>;

  /**
   * Keeps a small text for every server on this store until `lasts` µs after the commit; undefined
   * deletes it. It survives restarts and `flush`. Dumps and backups never have it, so it may be the
   * digest of a secret. Throws INVALID for a name of over 200 characters or others than letters,
   * digits and `. : _ -`, and for a text of over 64 Ki characters.
   */
  share(name: string, text: string | undefined, lasts: Micros): Promise<void>;
  /**
   * The shared texts whose names begin with `prefix`, by name; at most 10,000. Waits for no commit, so
   * it may show a text whose commit later fails.
   */
  shared(prefix: string): Promise<ReadonlyMap<string, SharedText>>;

  /**
   * Deletes jobs, queues, counters, history and undo data. Producers' counts and notes stay. The
   * first commit deletes all of it for every caller; the disk space is freed in bites.
   */
  flush(): Promise<void>;
  /** Writes a mark; resolves when it is durable. Throws STORAGE when the store cannot write. */
  probe(): Promise<void>;

  /** What was counted since this process opened the store. */
  readonly figures: Figures;

  /**
   * Calls the listener when `count` jobs of a queue became ready: pushed, due, requeued, put back,
   * moved there, restored by undo, or resumed. A paused queue reports nothing until it is resumed.
   * The listener returns true if it calls a fetch at once; that fetch may join the commit that made
   * the jobs ready. Returns a function that stops listening.
   * Note: the call may come before that commit, so its fetch can share it; when the commit fails,
   * the jobs do not exist. An error of the listener never affects the commit.
   *
   * With `gate`: the gate with this key has opened. `count` jobs of the queue can pass it now; 0:
   * none is ready, or the queue is paused.
   */
  onReady(listener: (queue: string, count: number, gate?: string) => boolean): () => void;
  /**
   * Calls the listener after a commit, if an entry entered this place that is due earlier than all
   * entries known so far. `ends`: only slots and rates of gates. Returns a function that stops
   * listening.
   */
  onDue(listener: (place: TimedSet | 'working' | 'ends', due: Micros) => void): () => void;
}

/** A store: its engine and its capabilities. Undefined: the store lacks this capability. */
export interface Backend {
  readonly engine: Engine;
  readonly finder: Finder | undefined;
  readonly history: History | undefined;
  readonly archive: Archive | undefined;
}
