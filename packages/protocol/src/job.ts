/*
 * The job as the protocol writes it down, its limits and its rules. It must never depend on where a job is: a
 * client, the server and the web UI all import it. A stranger would get wrong that limits here are checked
 * when a job is pushed; the floor of 60 s for reserve_for is applied only when it is reserved.
 */

import type { Failure } from './failure.ts';

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
  /** How often to try again: 25 when absent. Note: with 0 a job that fails is deleted; negative = dead on the first failure. */
  retry?: number;
  /** How many lines of backtrace a worker should send. */
  backtrace?: number;
  failure?: Failure;
  /**
   * For middleware, and for features that a server may have: `unique_for` (seconds) with `unique_until` (`success`, `start`),
   * `expires_in` (seconds) or `expires_at` (RFC 3339), `track` (1), `bid`. Keys that begin with `_` belong to the server.
   */
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

const jidLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const jidLength = 24;
/** All but `-` and `_`, which are the last two. */
const firstLetters = jidLetters.length - 2;

// Asking for randomness costs a microsecond whatever the amount, so it is asked for a hundred jids at a time.
const randomPool = new Uint8Array(jidLength * 100);
let randomAt = randomPool.length;

/**
 * A new jid: 24 characters that are safe in a URL, over 143 random bits. It begins with a letter or a digit: programs take a word that
 * begins with `-` for a flag.
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
