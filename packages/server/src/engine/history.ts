/**
 * The capability `History`: how many jobs were pushed and ended, how long they waited and ran, and which kinds of errors there were.
 *
 * Note: names are bounded. Of each minute and hour the hundred pairs of queue and jobtype with most events are kept apart, and all others
 * are `other`, which a client may use as a name too.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { DayCount } from './figures.ts';

/** Seconds that half, 95 and 99 of a hundred did not exceed, as exactly as the bounds of a histogram tell; never more than the longest. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Which time, in steps of what length. */
export interface SeriesAsk {
  readonly from: Micros;
  readonly until: Micros;
  /** Minutes are kept for a day, hours for 180. */
  readonly step: 'minute' | 'hour';
  /** So many steps are told as one, of the time at which the first of them begins. Default 1. */
  readonly join?: number | undefined;
  readonly queue?: string | undefined;
  readonly jobtype?: string | undefined;
}

/** How many jobs … */
export interface EventCounts {
  readonly pushed: number;
  /** Executions by how they ended: well; badly, but not for good, or forgotten by the job's own wish; in dead. */
  readonly done: number;
  readonly failed: number;
  readonly dead: number;
}

/** What happened in one step. */
export interface SeriesStep extends EventCounts {
  /** Its begin. */
  readonly at: Micros;
  /** From the queue into a worker's hands. Undefined: no job was handed out. */
  readonly wait: Percentiles | undefined;
  /** In a worker's hands. Undefined: no execution ended. */
  readonly run: Percentiles | undefined;
}

/** What happened to jobs of one jobtype in one queue. */
export interface KindSum extends EventCounts {
  readonly queue: string;
  readonly jobtype: string;
}

/** Failures of one kind. */
export interface ErrorGroup {
  /** Of `fingerprint`; of `fingerprintOfType` for kinds of a type, `other` for types that were too many to be kept apart. */
  readonly id: string;
  readonly errtype: string;
  /** Without what differs from one time to the next. */
  readonly message: string;
  /** The first line of the message as it was told last; empty: it is not known. */
  readonly sample: string;
  readonly jobtypes: readonly string[];
  /** Jobtypes of the jobs that are there now. */
  readonly there: readonly string[];
  /** Jobs that are there now with this failure. */
  readonly retries: number;
  readonly dead: number;
  /** Failures since the asked time, retried ones too. */
  readonly failures: number;
  readonly first: Micros;
  readonly last: Micros;
  /** One of the jobs. */
  readonly jid: string;
  /** Hours with failures. */
  readonly hours: readonly { readonly at: Micros; readonly count: number }[];
  /** There were too many jobs to look at all: `retries` and `dead` are at least these. */
  readonly partial?: true;
}

/** An error as it was told. */
export interface JobError {
  readonly errtype: string;
  readonly message: string;
}

/** What a store can do that keeps history. */
export interface History {
  /** The last `days` UTC days, today last; days without an execution count 0. */
  days(days: number): Promise<readonly DayCount[]>;
  /** Adds what happened since the last time to history; to be called each minute. `close` does it too. */
  record(): Promise<void>;
  /** What happened, step by step, the running one too; steps in which nothing happened are left out. Makes nobody wait. */
  series(ask: SeriesAsk, signal?: AbortSignal): Promise<readonly SeriesStep[]>;
  /** What happened since then by queue and jobtype, those with most events first. Makes nobody wait. */
  kinds(from: Micros, signal?: AbortSignal): Promise<readonly KindSum[]>;
  /**
   * The kinds of errors since then, and those of jobs that are in retries or dead now; the last one first, at most 1,000. Makes nobody
   * wait. Jobs are counted some seconds late where there are many, and the first 100,000 only.
   */
  errors(ask: { readonly from: Micros }, signal?: AbortSignal): Promise<readonly ErrorGroup[]>;
  /** Deletes up to `limit` steps that are too old; says how many. 0: there are no more. */
  expire(limit: number): Promise<number>;
}
