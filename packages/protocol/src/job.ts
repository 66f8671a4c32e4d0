/**
 * The job as the protocol writes it, and its limits. Client, server and web UI import it.
 *
 * Note: the limits are checked when a job is pushed, but the minimum of 60 s for reserve_for is
 * applied when the job is reserved.
 */

import type { Failure } from './failure.ts';

/** A job on the wire; the names are the protocol's. */
export interface Job {
  /** At least 8 bytes, unique among live jobs. */
  jid: string;
  /** Letters, digits, `.`, `_` and `-`. Default `default`. */
  queue?: string;
  /** The handler that runs the job. Not empty. */
  jobtype: string;
  args: readonly unknown[];
  /** Order in its queue: 1 to 9, 9 first. Default 5. */
  priority?: number;
  /** RFC 3339. Default: when the server accepted the job. */
  created_at?: string;
  /** RFC 3339, set by the server each time the job enters its queue. */
  enqueued_at?: string;
  /** RFC 3339 with a zone: do not run the job before this time. */
  at?: string;
  /** Seconds a worker may take: 60 to 86,400. Default 1800. */
  reserve_for?: number;
  /**
   * Number of retries. Default 25. Note: with 0 a job that fails is deleted; with a negative value
   * it is dead after the first failure.
   */
  retry?: number;
  /** Number of backtrace lines that a worker should send. */
  backtrace?: number;
  failure?: Failure;
  /**
   * For middleware, and for features that a server may have: `unique_for` (seconds) with
   * `unique_until` (`success`, `start`), `expires_in` (seconds) or `expires_at` (RFC 3339), `track`
   * (1), `bid`. Keys that begin with `_` belong to the server.
   */
  custom?: Record<string, unknown>;
}

/** Default number of retries. */
export const defaultRetry = 25;
/** Default length of a reservation, seconds. */
export const defaultReserve = 1800;
/** Shortest reservation, seconds. */
export const minReserve = 60;
/** Longest reservation, seconds: one day. */
export const maxReserve = 86_400;
/** Default priority. 9 is first, 1 is last. */
export const defaultPriority = 5;
/** Minimum length of a jid, bytes. */
export const minJidBytes = 8;

/** A valid queue name. */
export const queueName = /^[a-zA-Z0-9._-]+$/;

const jidLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const jidLength = 24;
/** All letters but `-` and `_`, which are the last two. */
const firstLetters = jidLetters.length - 2;

// A request for random bytes costs a microsecond for any size, so one serves a hundred jids.
const randomPool = new Uint8Array(jidLength * 100);
let randomAt = randomPool.length;

/**
 * A new jid: 24 URL-safe characters with over 143 random bits. The first one is a letter or a
 * digit, because programs read a word that begins with `-` as a flag.
 */
export function newJid(): string {
  if (randomAt === randomPool.length) {
    crypto.getRandomValues(randomPool);
    randomAt = 0;
  }
  const end = randomAt + jidLength;
  let jid = jidLetters.charAt((randomPool[randomAt++] ?? 0) % firstLetters);
  for (; randomAt < end; randomAt++) jid += jidLetters[(randomPool[randomAt] ?? 0) & 63];
  return jid;
}
