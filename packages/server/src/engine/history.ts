/**
 * The capability `History`: how many jobs were pushed and ended, how long they waited and ran, and
 * which kinds of errors occurred.
 *
 * Note: of each minute and hour only the 100 busiest pairs of queue and jobtype are stored apart,
 * because clients choose the names. All other pairs are summed up as `other`, which may also be the
 * name of a real queue or jobtype.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { DayCount } from './figures.ts';

/** Percentiles in seconds, as exact as the bounds of the histogram; at most the longest value. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A span of time, split into steps. */
export interface SeriesAsk {
  readonly from: Micros;
  readonly until: Micros;
  /** Minutes are stored for 1 day, hours for 180 days. */
  readonly step: 'minute' | 'hour';
  /** Merge this many steps into one that starts with the first of them. Default 1. */
  readonly join?: number | undefined;
  readonly queue?: string | undefined;
  readonly jobtype?: string | undefined;
}

/** Numbers of jobs by what happened to them. */
export interface EventCounts {
  readonly pushed: number;
  /** Acknowledged. */
  readonly done: number;
  /** Failed, and then retried or discarded. */
  readonly failed: number;
  /** Failed, and then moved to dead. */
  readonly dead: number;
}

/** What happened in one step. */
export interface SeriesStep extends EventCounts {
  /** Start of the step. */
  readonly at: Micros;
  /** Time from enqueue to hand-out. Undefined: no job was handed out. */
  readonly wait: Percentiles | undefined;
  /** Time from hand-out to the end. Undefined: no execution ended. */
  readonly run: Percentiles | undefined;
}

/** What happened to jobs of one jobtype in one queue. */
export interface KindSum extends EventCounts {
  readonly queue: string;
  readonly jobtype: string;
}

/** A kind of error: failures whose error texts are alike. */
export interface ErrorGroup {
  /**
   * The id by `fingerprint` of the protocol. When there are too many kinds: one id for each errtype
   * (`fingerprintOfType`), and `other` for the remaining types.
   */
  readonly id: string;
  readonly errtype: string;
  /** The message without the parts that vary, such as numbers. */
  readonly message: string;
  /** First line of the newest message; empty: not known. */
  readonly sample: string;
  readonly jobtypes: readonly string[];
  /** Jobtypes of the jobs that are in retries or dead now with this error. */
  readonly there: readonly string[];
  /** Jobs that are in retries and in dead now with this error. */
  readonly retries: number;
  readonly dead: number;
  /** Failures since the asked time, including those of jobs that were retried later. */
  readonly failures: number;
  readonly first: Micros;
  readonly last: Micros;
  /** The jid of one of the jobs. */
  readonly jid: string;
  /** Hours with failures. */
  readonly hours: readonly { readonly at: Micros; readonly count: number }[];
  /** True: not all jobs were counted, so `retries` and `dead` are lower bounds. */
  readonly partial?: true;
}

/** An error as the worker reported it. */
export interface JobError {
  readonly errtype: string;
  readonly message: string;
}

/** Counts of past events by minute, hour and day. */
export interface History {
  /** The last `days` UTC days, today last; a day without an execution has zeros. */
  days(days: number): Promise<readonly DayCount[]>;
  /** Stores the events since the last call. Call it each minute; `Engine.close` does it too. */
  record(): Promise<void>;
  /**
   * The steps of a span of time, the running one included. Steps without an event are left out.
   * This and the next two never delay other operations.
   */
  series(ask: SeriesAsk, signal?: AbortSignal): Promise<readonly SeriesStep[]>;
  /** Sums since `from` by queue and jobtype, the pair with the most events first. */
  kinds(from: Micros, signal?: AbortSignal): Promise<readonly KindSum[]>;
  /**
   * Kinds of errors since `from`, and of jobs that are in retries or dead now; the newest first, at
   * most 1,000. With many jobs, `retries` and `dead` are some seconds old, and at most 100,000 jobs
   * are counted.
   */
  errors(ask: { readonly from: Micros }, signal?: AbortSignal): Promise<readonly ErrorGroup[]>;
  /** Deletes up to `limit` steps that are too old; returns how many. 0: none is left. */
  expire(limit: number): Promise<number>;
}
