/*
 * What a producer says about a job, and how it becomes the job that travels.
 * It must never check what the server checks: its texts are the ones people search for. A stranger would get wrong that the
 * fields have the wire's names (`reserve_for`, not reserveFor), so that a job reads the same in code, in the web UI and in a log.
 */

import { FaktoryError, type Job, newJid } from '@faktory-ts/protocol';

/** What a map of jobs must look like: each jobtype with the tuple of its arguments. An interface or a type alias. */
export type JobMap<Jobs> = { [T in keyof Jobs]: readonly unknown[] };

/** The map of a program that does not say: any jobtype with any arguments. */
export type AnyJobs = Record<string, readonly unknown[]>;

/** Everything about a job but its type and arguments. */
export interface JobOptions {
  /** At least 8 bytes, unique among live jobs. A random one when left out. */
  jid?: string | undefined;
  /** `default` when left out. Letters, digits, `.`, `_` and `-`. */
  queue?: string | undefined;
  /** Inside its queue: 1 to 9, 9 first, 5 when left out. */
  priority?: number | undefined;
  /** Not before this time: a Date, or RFC 3339 text with a zone. Now or past means at once. */
  at?: Date | string | undefined;
  /** Not before this many milliseconds from now, by this machine's clock. Not together with `at`. */
  in?: number | undefined;
  /** Seconds a worker may take: 1800 when left out, at least 60, at most 86,400. */
  reserve_for?: number | undefined;
  /** How often to try again: 25 when left out, 0 = forget on failure, -1 = dead on the first failure. */
  retry?: number | undefined;
  /** How many lines of backtrace a worker sends when the job fails: none when left out. */
  backtrace?: number | undefined;
  /** For middleware and features of the server. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown> | undefined;
}

/** A job to push: one of the map's jobtypes with the arguments of that type. Arguments must survive JSON. */
export type PushJob<Jobs extends JobMap<Jobs> = AnyJobs> = {
  [T in keyof Jobs & string]: JobOptions & { jobtype: T; args: Readonly<Jobs[T]> };
}[keyof Jobs & string];

/** The job as it travels. Throws `INVALID` for a time that is none, or both `at` and `in`. */
export function wireFields(job: JobOptions & { jobtype: string; args: readonly unknown[] }): Job {
  const at = startTime(job);
  return {
    jid: job.jid ?? newJid(),
    jobtype: job.jobtype,
    args: job.args,
    ...(job.queue !== undefined && { queue: job.queue }),
    ...(job.priority !== undefined && { priority: job.priority }),
    ...(at !== undefined && { at }),
    ...(job.reserve_for !== undefined && { reserve_for: job.reserve_for }),
    ...(job.retry !== undefined && { retry: job.retry }),
    ...(job.backtrace !== undefined && { backtrace: job.backtrace }),
    ...(job.custom !== undefined && { custom: job.custom }),
  };
}

function startTime(job: JobOptions): string | undefined {
  if (job.in === undefined) return job.at instanceof Date ? timeText(job.at, 'at') : job.at;
  if (job.at !== undefined) throw new FaktoryError('INVALID', 'a job takes either at or in, not both');
  return timeText(new Date(Date.now() + job.in), 'in');
}

function timeText(time: Date, option: string): string {
  if (Number.isNaN(time.getTime())) throw new FaktoryError('INVALID', `${option} is not a time`);
  return time.toISOString();
}
