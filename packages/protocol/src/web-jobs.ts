/** Types of jobs in the web UI's REST API. Types only. */

import type { Attempt } from './failure.ts';
import type { JobPlace, JobsProgress } from './operating.ts';

/** A job in a list. */
export interface JobRow {
  place: JobPlace;
  /** RFC 3339. ready: enqueued; working: handed out; scheduled, retries: due; dead: deleted. */
  at: string;
  /**
   * For retries and dead, RFC 3339: the last failure; for a job that was killed from another place:
   * that time.
   */
  failed_at?: string;
  jid: string;
  /** As pushed. */
  jobtype: string;
  /**
   * The name to show: the class that ActiveJob wraps, or `Mailer#method`, otherwise the jobtype.
   */
  display: string;
  queue: string;
  priority: number;
  /** JSON text of the arguments (for ActiveJob: of the wrapped job), cut at 1 KiB. */
  args: string;
  args_cut: boolean;
  created_at?: string;
  enqueued_at?: string;
  /** RFC 3339. When an expiring job is deleted, unless a worker has it or it is dead. */
  deadline?: string;
  /** Its failures; absent: it never failed. */
  failure?: {
    errtype: string;
    /** Cut at 1 KiB. */
    message: string;
    /** Time of the first failure. */
    failed_at?: string;
    next_at?: string;
    /** Retries used, and left. */
    count: number;
    remaining?: number;
  };
  wid?: string;
  expires_at?: string;
}

/** The answer to `GET /api/jobs`. */
export interface JobRows extends JobsProgress {
  jobs: JobRow[];
}

/** A failed execution of a job, as the store keeps it. */
export type JobAttempt = Attempt;

/** Why a job does not run, or that it runs. */
export interface WhyNot {
  code:
    | 'running' // by `wid` since `since`
    | 'paused' // its queue is paused; `ahead` other jobs are before it
    | 'no_worker' // no worker fetches from its queue
    | 'behind' // `ahead` jobs are before it; at the rate of the last minute its turn is in `seconds`
    | 'next' // it is the next job; the workers are busy
    | 'waiting' // until `until`
    | 'retrying' // it failed and is retried at `until`
    | 'dead' // it is dead and not retried
    | 'workers_quiet'; // the workers of its queue are quiet
  wid?: string;
  since?: string;
  until?: string;
  ahead?: number;
  seconds?: number;
}

/** The answer to `GET /api/jobs/JID`. */
export interface JobDetail extends JobRow {
  /**
   * The whole job as on the wire, JSON text (up to 1 MiB; then `job_cut`). Numbers and escapes are
   * as the client wrote them.
   */
  job: string;
  job_cut: boolean;
  /** Bytes of the whole text. */
  bytes: number;
  attempts: readonly JobAttempt[];
  why: WhyNot;
  /**
   * Names that the job holds for features: while a unique job holds one, equal jobs are refused.
   * `until` is RFC 3339.
   */
  names?: readonly { feature: string; until?: string }[];
}
