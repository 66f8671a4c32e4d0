/*
 * What a producer says about a job, and how it becomes the job that travels.
 * It must never check what the server checks: its texts are the ones people search for. A stranger would get wrong that the
 * fields have the wire's names (`reserve_for`, not reserveFor), so that a job reads the same in code, in the web UI and in a log.
 */

import { FaktoryError, type Job, newJid } from '@faktory-ts/protocol';
import { type Duration, durationMs } from './duration.ts';

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
  /** Not before this time: a Date, a `Temporal.Instant` or `ZonedDateTime`, or RFC 3339 text with a zone. Now or past means at once. */
  at?: Date | InstantLike | string | undefined;
  /** Not before so long from now, by this machine's clock: milliseconds, `'15 minutes'`, a `Temporal.Duration`. Not together with `at`. */
  in?: Duration | undefined;
  /** Seconds a worker may take: 1800 when left out, at least 60, at most 86,400. */
  reserve_for?: number | undefined;
  /** How often to try again: 25 when left out, 0 = forget on failure, -1 = dead on the first failure. */
  retry?: number | undefined;
  /** How many lines of backtrace a worker sends when the job fails: none when left out. */
  backtrace?: number | undefined;
  /** For middleware and features of the server. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown> | undefined;
  /** Seconds in which no equal job (type, arguments, queue) is taken: `NOTUNIQUE`. On servers with unique jobs. */
  unique_for?: number | undefined;
  /** Until when it is unique: its `success`, which is the default, or its `start`. */
  unique_until?: 'success' | 'start' | undefined;
  /** Seconds from the push after which the job is no longer run. On servers with expiring jobs. */
  expires_in?: number | undefined;
  /** The job's state can be asked for. On servers with tracking. */
  track?: boolean | undefined;
  /** The batch that the job belongs to. On servers with batches. */
  bid?: string | undefined;
}

/** What `Temporal.Instant` and `Temporal.ZonedDateTime` are, as far as it is used. */
export interface InstantLike {
  readonly epochMilliseconds: number;
}

/** A job to push: one of the map's jobtypes with the arguments of that type. Arguments must survive JSON. */
export type PushJob<Jobs extends JobMap<Jobs> = AnyJobs> = {
  [T in keyof Jobs & string]: JobOptions & { jobtype: T; args: Readonly<Jobs[T]> };
}[keyof Jobs & string];

/** The job as it travels. Throws `INVALID` for a time that is none, or both `at` and `in`. */
export function wireFields(job: JobOptions & { jobtype: string; args: readonly unknown[] }): Job {
  const at = startTime(job);
  const custom = customOf(job);
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
    ...(custom !== undefined && { custom }),
  };
}

/** The same job with defaults under what it says itself; the parts of `custom` are joined. */
export function withDefaults<J extends JobOptions>(
  job: J,
  ...defaults: readonly (JobOptions | undefined)[]
): J {
  const layers = [...[...defaults].reverse(), job].map((layer) => said(layer ?? {}));
  const customs = layers.map(({ custom }) => custom).filter((custom) => custom !== undefined);
  const joined = Object.assign({}, ...layers) as J;
  return customs.length > 1 ? { ...joined, custom: Object.assign({}, ...customs) } : joined;
}

function said<J extends object>(options: J): J & JobOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as J;
}

/** The keys of features travel in `custom`, where every server and client looks for them. */
function customOf({ custom, unique_for, unique_until, expires_in, track, bid }: JobOptions): Job['custom'] {
  const keys = said({ unique_for, unique_until, expires_in, track: track ? 1 : undefined, bid });
  return Object.keys(keys).length > 0 ? { ...custom, ...keys } : custom;
}

function startTime({ at, in: wait }: JobOptions): string | undefined {
  if (wait === undefined) return typeof at === 'object' ? timeText(dateOf(at), 'at') : at;
  if (at !== undefined) throw new FaktoryError('INVALID', 'a job takes either at or in, not both');
  return timeText(new Date(Date.now() + durationMs(wait)), 'in');
}

function dateOf(at: Date | InstantLike): Date {
  return at instanceof Date ? at : new Date(at.epochMilliseconds);
}

function timeText(time: Date, option: string): string {
  if (Number.isNaN(time.getTime())) throw new FaktoryError('INVALID', `${option} is not a time`);
  return time.toISOString();
}
