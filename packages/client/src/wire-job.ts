/*
 * How what a producer says becomes the job that travels.
 * Note: what every server checks is left to the server, because people search for its texts; checked here is what servers take in silence
 * and then treat otherwise. A field that is undefined is not said: the default behind it counts.
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

/** The part of a job that may come from defaults, as it travels. */
export type WireDefaults = Pick<Job, 'queue' | 'priority' | 'reserve_for' | 'retry' | 'backtrace' | 'custom'>;

/** A job as a program says it. */
export type SaidJob = JobOptions & { jobtype: string; args: readonly unknown[] };

/** Defaults over defaults: what `said` says wins, key by key also in `custom`. Throws `INVALID` for a number or time that cannot be. */
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
 * The job as it travels. Throws `INVALID` for an option that does not exist or cannot be, both `at` and `in`, and for what would not
 * arrive as it is.
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

/** Throws `INVALID` for a job that is no object. */
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
