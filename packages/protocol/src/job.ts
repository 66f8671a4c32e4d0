/*
 * The job as the protocol writes it down, its limits and its rules. It must never depend on where a job is: a
 * client, the server and the web UI all import it. A stranger would get wrong that limits here are checked
 * when a job is pushed; the floor of 60 s for reserve_for is applied only when it is reserved.
 */

import { excerpt, FaktoryError } from './errors.ts';
import type { Failure } from './failure.ts';
import type { JobText } from './job-text.ts';
import { unitAt, utf8Length } from './utf8.ts';

/** A job as it travels. Names are the wire's. */
export interface Job {
  /** At least 8 bytes, unique among live jobs. */
  jid: string;
  /** `default` when absent; letters, digits, `.`, `_` and `-`. */
  queue?: string;
  /** Which handler runs it. Not empty. */
  jobtype: string;
  args: readonly unknown[];
  /** Inside its queue: 1 to 9, 9 first, 5 when absent. */
  priority?: number;
  /** RFC 3339. The server fills in when it took the job. */
  created_at?: string;
  /** RFC 3339, set by the server each time the job enters its queue. */
  enqueued_at?: string;
  /** RFC 3339 with a zone: not before this time. */
  at?: string;
  /** Seconds a worker may take: 1800 when absent, at least 60, at most 86,400. */
  reserve_for?: number;
  /** How often to try again: 25 when absent, 0 = forget on failure, negative = dead on the first failure. */
  retry?: number;
  /** How many lines of backtrace a worker should send. */
  backtrace?: number;
  failure?: Failure;
  /** For middleware. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown>;
}

/** Retries of a job that does not say. */
export const defaultRetry = 25;
/** Seconds a reservation lasts when the job does not say. */
export const defaultReserve = 1800;
/** Seconds a reservation lasts at least. */
export const minReserve = 60;
/** Seconds a reservation may last at most: one day. */
export const maxReserve = 86_400;
/** Priority of a job that does not say; 9 goes first, 1 last. */
export const defaultPriority = 5;
/** Bytes a jid must have at least. */
export const minJidBytes = 8;

/** What a queue name may be. */
export const queueName = /^[a-zA-Z0-9._-]+$/;

/** Throws `INVALID` unless the name is one that {@link queueName} allows. */
export function checkQueueName(name: string): void {
  if (isQueueName(name)) return;
  const shown = JSON.stringify(excerpt(name));
  throw new FaktoryError(
    'INVALID',
    `cannot get ${shown} queue: queue names must match \\A[a-zA-Z0-9._-]+\\z`,
  );
}

/** The same rule as {@link queueName}, without a regular expression: it runs for every job. */
function isQueueName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const unit = unitAt(name, i);
    const letter = (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
    const digit = unit >= 0x30 && unit <= 0x39;
    if (!letter && !digit && unit !== 0x2d && unit !== 0x2e && unit !== 0x5f) return false;
  }
  return name.length > 0;
}

/**
 * The rules a job must keep to be pushed, in the protocol's order and words. Throws `INVALID` for the first
 * broken one. Shapes were checked by {@link parseJob}; this also refuses an `at` that is no time and a queue
 * name that could never be used.
 */
export function checkJob(job: JobText): void {
  // No character takes less than a byte per UTF-16 unit, so most jids need no counting.
  if (job.jid.length < minJidBytes && utf8Length(job.jid) < minJidBytes) {
    throw new FaktoryError('INVALID', 'jobs must have a reasonable jid parameter');
  }
  if (job.jobtype === '') throw new FaktoryError('INVALID', 'jobs must have a jobtype parameter');
  if (job.args === '') throw new FaktoryError('INVALID', 'jobs must have an args parameter');
  if (job.reserveFor !== undefined && job.reserveFor > maxReserve) {
    throw new FaktoryError('INVALID', 'jobs cannot be reserved for more than one day');
  }
  if (job.at !== undefined && job.atMicros === undefined) {
    const shown = JSON.stringify(excerpt(job.at));
    throw new FaktoryError('INVALID', `invalid timestamp for 'at': ${shown}: not an RFC 3339 time`);
  }
  checkQueueName(job.queue);
}

const jidLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const jidLength = 24;

// Asking for randomness costs a microsecond whatever the amount, so it is asked for a hundred jids at a time.
const randomPool = new Uint8Array(jidLength * 100);
let randomAt = randomPool.length;

/** A new jid: 24 characters that are safe in a URL, 144 random bits. */
export function newJid(): string {
  if (randomAt === randomPool.length) {
    crypto.getRandomValues(randomPool);
    randomAt = 0;
  }
  let jid = '';
  const end = randomAt + jidLength;
  for (; randomAt < end; randomAt++) jid += jidLetters[(randomPool[randomAt] ?? 0) & 63];
  return jid;
}
