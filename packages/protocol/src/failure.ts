/*
 * What a job carries about its last failure, and what the server keeps of those before. It must never write an empty list or a null: faktory-rs asserts
 * that an empty backtrace is absent and cannot read nulls. A stranger would get wrong that pushers may send a
 * failure of their own, so one that is read may lack any field.
 */

import { integerIn, readPayload, stringIn, stringsIn } from './payload.ts';
import { wellFormed } from './utf8.ts';

/** What the server knows about a job's last failure. */
export interface Failure {
  /** 0 after the first failure, one more after each later one. */
  retry_count: number;
  /** Retries left, the next one included; equals `retry` after the first failure, so -1 when `retry` is. */
  remaining: number;
  /** RFC 3339: the first failure. Never refreshed. */
  failed_at: string;
  /** RFC 3339: when it is to run again. Stays after it did; absent when it went straight to dead. */
  next_at?: string;
  /** Of the last failure. */
  message?: string;
  /** Of the last failure. */
  errtype?: string;
  /** Of the last failure; absent rather than empty. */
  backtrace?: string[];
  /**
   * How many executions ended because their worker was lost while it held other jobs too; absent = none. Such an execution uses no
   * attempt: it counts in `retry_count`, but `remaining` stays. From two on a worker should run the job alone.
   */
  shared_losses?: number;
  /** How many executions ended because a reservation with an end of its own ran out; absent = none. */
  expirations?: number;
}

/** One failed execution of a job, as the server keeps the last few of them. */
export interface Attempt {
  /** 1 for the first execution. */
  n: number;
  /** RFC 3339: when it was handed out. */
  started_at: string;
  /** RFC 3339. */
  ended_at: string;
  /** Who had the job; empty: a producer. */
  wid: string;
  errtype: string;
  message: string;
  /** Absent rather than empty; also when there was no room for it. */
  backtrace?: string[];
}

/** The failure as compact JSON; empty fields are left out. */
export function failureText(failure: Failure): string {
  const { failed_at, next_at, message, errtype, backtrace, retry_count, remaining } = failure;
  const { shared_losses, expirations } = failure;
  return JSON.stringify({
    failed_at,
    next_at: next_at || undefined,
    message: message ? wellFormed(message) : undefined,
    errtype: errtype ? wellFormed(errtype) : undefined,
    backtrace: backtrace?.length ? backtrace.map(wellFormed) : undefined,
    retry_count,
    remaining,
    shared_losses: shared_losses || undefined,
    expirations: expirations || undefined,
  });
}

/**
 * Reads a failure, as the server wrote it or as a pusher sent it. Missing counts are 0, a missing `failed_at`
 * is empty. Throws `MALFORMED` when the text is no JSON object or a field has the wrong type.
 */
export function readFailure(text: string): Failure {
  const fields = readPayload(text);
  const failure: Failure = {
    retry_count: integerIn(fields, 'retry_count') ?? 0,
    remaining: integerIn(fields, 'remaining') ?? 0,
    failed_at: stringIn(fields, 'failed_at') ?? '',
  };
  const next_at = stringIn(fields, 'next_at');
  const message = stringIn(fields, 'message');
  const errtype = stringIn(fields, 'errtype');
  const backtrace = stringsIn(fields, 'backtrace');
  if (next_at) failure.next_at = next_at;
  if (message) failure.message = message;
  if (errtype) failure.errtype = errtype;
  if (backtrace?.length) failure.backtrace = backtrace;
  const shared_losses = integerIn(fields, 'shared_losses');
  const expirations = integerIn(fields, 'expirations');
  if (shared_losses) failure.shared_losses = shared_losses;
  if (expirations) failure.expirations = expirations;
  return failure;
}
