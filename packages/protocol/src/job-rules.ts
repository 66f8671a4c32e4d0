/** The rules for a pushed job. The parser has already checked the types of its fields. */

import { excerpt, FaktoryError } from './errors.ts';
import { defaultReserve, maxReserve, minJidBytes, minReserve } from './job.ts';
import type { JobText } from './job-text.ts';
import { unitAt, utf8Length } from './utf8.ts';

const longestQueue = 255; // characters
const longestName = 1000; // UTF-16 units of a jid and of a jobtype

/** Throws `INVALID` unless {@link queueName} allows the name. */
export function checkQueueName(name: string): void {
  if (isQueueName(name)) return;
  if (name.length > longestQueue) {
    const text = `cannot get a queue whose name has ${name.length} characters: the most is ${longestQueue}`;
    throw new FaktoryError('INVALID', text);
  }
  const shown = JSON.stringify(excerpt(name));
  throw new FaktoryError(
    'INVALID',
    `cannot get ${shown} queue: queue names must match \\A[a-zA-Z0-9._-]+\\z`,
  );
}

/** The rule of {@link queueName} without a regular expression, because it runs for every job. */
function isQueueName(name: string): boolean {
  if (name.length > longestQueue) return false;
  for (let i = 0; i < name.length; i++) {
    const unit = unitAt(name, i);
    const letter = (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
    const digit = unit >= 0x30 && unit <= 0x39;
    if (!letter && !digit && unit !== 0x2d && unit !== 0x2e && unit !== 0x5f) return false;
  }
  return name.length > 0;
}

/**
 * Checks the rules for a pushed job, in the protocol's order and words. Throws `INVALID` for the
 * first broken rule. Also refuses an `at` that is not a time and a queue name that no client could
 * use.
 */
export function checkJob(job: JobText): void {
  // A UTF-16 unit takes at least one byte, so most jids need no counting.
  if (job.jid.length < minJidBytes && utf8Length(job.jid) < minJidBytes) {
    throw new FaktoryError('INVALID', 'jobs must have a reasonable jid parameter');
  }
  for (const name of ['jid', 'jobtype'] as const) {
    if (job[name].length <= longestName) continue;
    const text = `jobs cannot be pushed with a ${name} of ${job[name].length} characters: the most is ${longestName}`;
    throw new FaktoryError('INVALID', text);
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

/**
 * Seconds that a job's reservation lasts: the default for none or 0, otherwise `asked` between the
 * minimum and the maximum.
 *
 * @example
 * ```ts
 * reserveSeconds(undefined); // 1800
 * reserveSeconds(5); // 60
 * ```
 */
export function reserveSeconds(asked: number | undefined): number {
  if (!asked) return defaultReserve;
  return Math.min(Math.max(asked, minReserve), maxReserve);
}
