/*
 * What a producer says about a job, beside its type and arguments.
 * It must never name a thing otherwise than the wire does. A stranger would get wrong that the fields are spelled `reserve_for`, not
 * reserveFor, so that a job reads the same in code, in the web UI and in a log; and that some of them travel inside `custom`.
 */

import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import type { Duration } from './duration.ts';
import { isPlain, kindOf } from './lossless.ts';

/** A point in time: a Date, RFC 3339 text with a zone, or a Temporal.Instant or Temporal.ZonedDateTime. */
export type Time = Date | string | { readonly epochMilliseconds: number };

/** What a job may have by default, for a whole client or for a jobtype. */
export interface JobDefaults {
  /** `default` when left out. Letters, digits, `.`, `_` and `-`. */
  queue?: string | undefined;
  /** Inside its queue: 1 to 9, 9 first, 5 when left out. */
  priority?: number | undefined;
  /** Seconds a worker may take: 1800 when left out, at least 60, at most 86,400. */
  reserve_for?: number | undefined;
  /**
   * How often to try again after the first run: 25 when left out.
   *
   * Note: `0` is not "no retries, keep it". With `0` a job that fails is **deleted**, and nothing of it is left to look at. For a job that
   * runs once and goes to the dead set when it fails, say `-1`.
   */
  retry?: number | undefined;
  /** How many lines of backtrace a worker sends when the job fails: none when left out. */
  backtrace?: number | undefined;
  /** For middleware and features of the server. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown> | undefined;
  /**
   * Seconds in which no second job with the same jobtype, arguments and queue is taken: `NOTUNIQUE`. This and the following
   * travel in `custom`, and need a server that has the feature.
   */
  unique_for?: number | undefined;
  /** What ends `unique_for` early: the job's success, when left out, or its start. */
  unique_until?: 'success' | 'start' | undefined;
  /** Seconds after the push when the job is no longer worth running: the server drops it. */
  expires_in?: number | undefined;
  /** The server keeps the job's state and progress, to be asked by jid. */
  track?: boolean | undefined;
}

/** The names of all defaults. The compiler sees to it that none is missing. */
export const defaultNames = Object.keys({
  queue: 0,
  priority: 0,
  reserve_for: 0,
  retry: 0,
  backtrace: 0,
  custom: 0,
  unique_for: 0,
  unique_until: 0,
  expires_in: 0,
  track: 0,
} satisfies Record<keyof JobDefaults, 0>);

/** Everything about a job but its type and arguments. */
export interface JobOptions extends JobDefaults {
  /** At least 8 bytes, unique among live jobs. A random one when left out. */
  jid?: string | undefined;
  /** Not before this time. Now or past means at once. */
  at?: Time | undefined;
  /**
   * Not before this long from now, by this machine's clock: milliseconds, a text like `'90s'`, `'15 minutes'` or `'1h 30m'`, or a
   * Temporal.Duration. Not together with `at`.
   */
  in?: Duration | undefined;
  /** The time when the job is no longer worth running: as `expires_in`. */
  expires_at?: Time | undefined;
  /** The batch it belongs to. Travels in `custom`. */
  bid?: string | undefined;
}

/** The names of {@link JobOptions}. */
export const jobOptionNames = [
  ...defaultNames,
  ...Object.keys({ jid: 0, at: 0, in: 0, expires_at: 0, bid: 0 } satisfies Record<OwnOption, 0>),
];

type OwnOption = Exclude<keyof JobOptions, keyof JobDefaults>;

/** Whole numbers, from least to most, and what to do about others. */
const wholeNumbers = [
  ['priority', 1, 9, 'from 1 to 9, 9 first'],
  ['retry', -1, Number.MAX_SAFE_INTEGER, '0 or more, or -1 for a job that is dead when it fails once'],
  ['reserve_for', 0, Number.MAX_SAFE_INTEGER, 'in seconds, from 60 to 86,400'],
  ['backtrace', 0, Number.MAX_SAFE_INTEGER, '0 or more lines'],
] as const;

const seconds = ['unique_for', 'expires_in'] as const;

/** Throws for a number that servers would take as another one, or not at all, and for a `custom` that is no plain object. */
export function checkJobNumbers(said: JobDefaults, code: ErrorCode = 'INVALID', where = ''): void {
  for (const [name, least, most, advice] of wholeNumbers) {
    const value: unknown = said[name];
    if (value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most))
      continue;
    throw new FaktoryError(code, `${where}${name} is ${shown(value)}; give a whole number ${advice}`);
  }
  checkCustom(said.custom, code, where);
  for (const name of seconds) {
    const value: unknown = said[name];
    if (value === undefined || (Number.isFinite(value) && Number(value) > 0)) continue;
    throw new FaktoryError(code, `${where}${name} is ${shown(value)}; give seconds, more than 0`);
  }
}

/** The keys of a list, a text or a Map would become members, or be lost. */
function checkCustom(custom: unknown, code: ErrorCode, where: string): void {
  if (custom === undefined || custom === null) return;
  if (typeof custom === 'object' && !Array.isArray(custom) && isPlain(custom)) return;
  const what = Array.isArray(custom) ? 'a list' : typeof custom === 'object' ? kindOf(custom) : shown(custom);
  throw new FaktoryError(code, `${where}custom is ${what}; give a plain object: { tenant: 'acme' }`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : String(value);
}
