/* Shapes of jobs in the web UI's REST. Types only. */

import type { JobPlace, JobsProgress } from './operating.ts';

/** A job in a list. */
export interface JobRow {
  place: JobPlace;
  /** RFC 3339. ready: enqueued; working: handed out; scheduled, retries: due; dead: forgotten then. */
  at: string;
  /** Of retries and dead, RFC 3339: the last failure; of a job that was killed from another place: when. */
  failed_at?: string;
  jid: string;
  /** As pushed. */
  jobtype: string;
  /** What to show: the class that ActiveJob wraps, or `Mailer#method`; else the jobtype. */
  display: string;
  queue: string;
  priority: number;
  /** JSON text of the arguments (of ActiveJob's, its own), cut at 1 KiB. */
  args: string;
  args_cut: boolean;
  created_at?: string;
  enqueued_at?: string;
  /** RFC 3339. Of an expiring job: it is deleted then, unless a worker has it or it is dead. */
  deadline?: string;
  /** What is known of its failures; absent: it never failed. */
  failure?: {
    errtype: string;
    /** Cut at 1 KiB. */
    message: string;
    /** The first failure. */
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

/** One execution of a job that failed. */
export interface JobAttempt {
  /** From 1 on. */
  n: number;
  started_at: string;
  ended_at: string;
  wid: string;
  errtype: string;
  message: string;
  backtrace?: readonly string[];
}

/** Why a job does not run (or that it does). */
export interface WhyNot {
  code:
    | 'running' // by `wid` since `since`
    | 'paused' // its queue is paused; `ahead` others are before it
    | 'no_worker' // no worker asks for its queue
    | 'behind' // `ahead` jobs are before it; with the rate of the last minute `seconds` until its turn
    | 'next' // it is the next one, workers are busy
    | 'waiting' // until `until`
    | 'retrying' // it failed; tried again at `until`
    | 'dead' // it is tried no more
    | 'workers_quiet'; // those that ask for its queue take no more
  wid?: string;
  since?: string;
  until?: string;
  ahead?: number;
  seconds?: number;
}

/** The answer to `GET /api/jobs/JID`. */
export interface JobDetail extends JobRow {
  /** The whole job as the wire has it, JSON text (up to 1 MiB; `job_cut` then). Numbers and escapes are what the client wrote. */
  job: string;
  job_cut: boolean;
  /** Bytes of the whole text. */
  bytes: number;
  attempts: readonly JobAttempt[];
  why: WhyNot;
  /** Names that it holds for features: while a unique job holds one, equal jobs are refused. `until` is RFC 3339. */
  names?: readonly { feature: string; until?: string }[];
}
