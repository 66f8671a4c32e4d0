/**
 * Turns a program's job into the job on the wire.
 *
 * Note: the server checks what every server checks, because people search for its error texts.
 * Checked here is what servers silently accept and treat differently. A field that is undefined
 * gets its default.
 */

import { FaktoryError, type Job, newJid } from '@faktory-ts/protocol';
import { milliseconds } from './duration.ts';
import {
  checkJobNumbers,
  type JobDefaults,
  type JobOptions,
  jobOptionNames,
  type Time,
} from './job-options.ts';
import { checkKnown } from './known-options.ts';
import { refuseLossy } from './lossless.ts';

/** The fields of a job that may have defaults, as on the wire. */
export type WireDefaults = Pick<Job, 'queue' | 'priority' | 'reserve_for' | 'retry' | 'backtrace' | 'custom'>;

/** A job as a program writes it. */
export type SaidJob = JobOptions & { jobtype: string; args: readonly unknown[] };

/**
 * Merges defaults: fields of `said` replace those of `behind`, also key by key in `custom`. Throws
 * `INVALID` for an invalid number or time.
 */
export function wireDefaults(said: JobDefaults & JobOptions, behind: WireDefaults = {}): WireDefaults {
  const wire: WireDefaults = { ...behind };
  checkJobNumbers(said);
  if (said.queue !== undefined) wire.queue = said.queue;
  if (said.priority !== undefined) wire.priority = said.priority;
  if (said.reserve_for !== undefined) wire.reserve_for = said.reserve_for;
  if (said.retry !== undefined) wire.retry = said.retry;
  if (said.backtrace !== undefined) wire.backtrace = said.backtrace;
  const custom: Record<string, unknown> = { ...behind.custom, ...said.custom, ...featureKeys(said) };
  if (said.track === false) delete custom.track;
  if (Object.keys(custom).length > 0) wire.custom = custom;
  return wire;
}

/**
 * The job for the wire. Throws `INVALID` for an unknown or invalid option, both `at` and `in`, and
 * for a value that would arrive changed.
 */
export function wireJob(said: SaidJob, behind?: WireDefaults): Job {
  checkIsJob(said);
  checkKnown(`job ${said.jobtype}`, said, pushedNames, 'INVALID');
  const at = startTime(said);
  const job = {
    jid: said.jid ?? newJid(),
    jobtype: said.jobtype,
    args: said.args,
    ...wireDefaults(said, behind),
    ...(at !== undefined && { at }),
  };
  refuseLossy(job);
  return job;
}

/** Throws `INVALID` for a job that is not an object. */
export function checkIsJob(said: unknown): void {
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return;
  const kind = Array.isArray(said) ? 'a list' : typeof said;
  const what = said === null || said === undefined ? String(said) : kind;
  throw new FaktoryError('INVALID', `the job is ${what}; give an object: { jobtype: 'SendEmail', args: [] }`);
}

const pushedNames = ['jobtype', 'args', ...jobOptionNames];

/** The options that travel in `custom`. */
function featureKeys(said: JobOptions): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  if (said.unique_for !== undefined) keys.unique_for = said.unique_for;
  if (said.unique_until !== undefined) keys.unique_until = said.unique_until;
  if (said.expires_in !== undefined) keys.expires_in = said.expires_in;
  if (said.expires_at !== undefined) keys.expires_at = timeText(said.expires_at, 'expires_at');
  if (said.track) keys.track = 1;
  if (said.bid !== undefined) keys.bid = said.bid;
  return keys;
}

function startTime(said: JobOptions): string | undefined {
  if (said.in === undefined) return said.at === undefined ? undefined : timeText(said.at, 'at');
  if (said.at !== undefined) throw new FaktoryError('INVALID', 'a job takes either at or in, not both');
  const wait = milliseconds(said.in);
  if (wait < 0) throw new FaktoryError('INVALID', `in is ${wait} ms, a time that has passed: give 0 or more`);
  return dateText(new Date(Date.now() + wait), 'in');
}

function timeText(time: Time, option: string): string {
  if (typeof time === 'string') return time;
  return dateText(time instanceof Date ? time : new Date(time?.epochMilliseconds ?? Number.NaN), option);
}

function dateText(time: Date, option: string): string {
  if (Number.isNaN(time.getTime())) throw new FaktoryError('INVALID', `${option} is not a time`);
  return time.toISOString();
}
