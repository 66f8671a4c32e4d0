/**
 * Options of a job beside its type and arguments.
 *
 * Note: the names are those of the wire (`reserve_for`, not reserveFor), so that a job reads the
 * same in code, in the web UI and in logs. Some options travel inside `custom`.
 */

import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import type { Duration } from './duration.ts';
import { isPlain, kindOf } from './lossless.ts';

/**
 * A point in time: a Date, RFC 3339 text with a zone, or a Temporal.Instant or
 * Temporal.ZonedDateTime.
 */
export type Time = Date | string | { readonly epochMilliseconds: number };

/** Default options, for a client or for a jobtype. */
export interface JobDefaults {
  /** Letters, digits, `.`, `_` and `-`. Default `default`. */
  queue?: string | undefined;
  /** Order in its queue: 1 to 9, 9 first. Default 5. */
  priority?: number | undefined;
  /** Seconds a worker may take: 60 to 86,400. Default 1800. */
  reserve_for?: number | undefined;
  /**
   * Number of retries after the first execution. Default 25.
   *
   * Note: with `0` a job that fails is **deleted** and leaves nothing to look at. For a job that
   * runs once and goes to the dead set when it fails, use `-1`.
   */
  retry?: number | undefined;
  /** Number of backtrace lines that a worker sends when the job fails. Default: none. */
  backtrace?: number | undefined;
  /** For middleware and features of the server. Keys that begin with `_` belong to the server. */
  custom?: Record<string, unknown> | undefined;
  /**
   * Seconds in which a second job with the same jobtype, arguments and queue is refused with
   * `NOTUNIQUE`. This and the following options travel in `custom`, and need a server with the
   * feature.
   */
  unique_for?: number | undefined;
  /** When `unique_for` ends early: at the job's success (default) or at its start. */
  unique_until?: 'success' | 'start' | undefined;
  /** Seconds after the push when the job expires: the server then deletes it. */
  expires_in?: number | undefined;
  /** The server stores the job's state and progress, which can be read by jid. */
  track?: boolean | undefined;
}

/** The names of all defaults. The compiler checks that none is missing. */
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

/** All options of a job. */
export interface JobOptions extends JobDefaults {
  /** At least 8 bytes, unique among live jobs. Default: a random one. */
  jid?: string | undefined;
  /** Do not run before this time. A time that has passed means at once. */
  at?: Time | undefined;
  /**
   * Do not run before this much time has passed, by this machine's clock: milliseconds, a text like
   * `'90s'`, `'15 minutes'` or `'1h 30m'`, or a Temporal.Duration. Not together with `at`.
   */
  in?: Duration | undefined;
  /** The time when the job expires, as with `expires_in`. */
  expires_at?: Time | undefined;
  /** The batch of the job. Travels in `custom`. */
  bid?: string | undefined;
}

/** The names of {@link JobOptions}. */
export const jobOptionNames = [
  ...defaultNames,
  ...Object.keys({ jid: 0, at: 0, in: 0, expires_at: 0, bid: 0 } satisfies Record<OwnOption, 0>),
];

type OwnOption = Exclude<keyof JobOptions, keyof JobDefaults>;

/** Options that must be whole numbers: minimum, maximum, and the advice for other values. */
const wholeNumbers = [
  ['priority', 1, 9, 'from 1 to 9, 9 first'],
  ['retry', -1, Number.MAX_SAFE_INTEGER, '0 or more, or -1 for a job that is dead when it fails once'],
  ['reserve_for', 0, Number.MAX_SAFE_INTEGER, 'in seconds, from 60 to 86,400'],
  ['backtrace', 0, Number.MAX_SAFE_INTEGER, '0 or more lines'],
] as const;

const seconds = ['unique_for', 'expires_in'] as const;

/**
 * Throws for a number that servers would refuse or change, and for a `custom` that is not a plain
 * object.
 */
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

/** The keys of a list, a text or a Map would become members or be lost. */
function checkCustom(custom: unknown, code: ErrorCode, where: string): void {
  if (custom === undefined || custom === null) return;
  if (typeof custom === 'object' && !Array.isArray(custom) && isPlain(custom)) return;
  const what = Array.isArray(custom) ? 'a list' : typeof custom === 'object' ? kindOf(custom) : shown(custom);
  throw new FaktoryError(code, `${where}custom is ${what}; give a plain object: { tenant: 'acme' }`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : String(value);
}
