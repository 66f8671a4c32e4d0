/**
 * A job's record of its last failure, and the executions before it that the server keeps.
 *
 * Note: empty lists and nulls are left out, because faktory-rs cannot read nulls and asserts that
 * an empty backtrace is absent. A producer may push a failure too, so any field of it may be
 * missing.
 */

import { integerIn, readPayload, stringIn, stringsIn } from './payload.ts';
import { wellFormed } from './utf8.ts';

/** What a job carries about its last failure. */
export interface Failure {
  /** 0 after the first failure, one more after each later one. */
  retry_count: number;
  /**
   * Retries left, including the next one. After the first failure it equals `retry`, also when that
   * is -1.
   */
  remaining: number;
  /** RFC 3339: time of the first failure. Later failures do not change it. */
  failed_at: string;
  /**
   * RFC 3339: time of the next execution. Kept after that execution; absent when the job went
   * directly to dead.
   */
  next_at?: string;
  /** Of the last failure. */
  message?: string;
  /** Of the last failure. */
  errtype?: string;
  /** Of the last failure; absent rather than empty. */
  backtrace?: string[];
  /**
   * Number of executions that ended because their worker was lost while it held other jobs too;
   * absent = none. Such an execution uses no attempt: it counts in `retry_count`, but `remaining`
   * stays. From two on a worker should run the job alone.
   */
  shared_losses?: number;
  /** Number of executions whose own reservation expired; absent = none. */
  expirations?: number;
}

/** One failed execution of a job. The server keeps the last few. */
export interface Attempt {
  /** 1 for the first execution. */
  n: number;
  /** RFC 3339: time of the hand-out. */
  started_at: string;
  /** RFC 3339. */
  ended_at: string;
  /** The worker that had the job; empty for a client that is not a worker. */
  wid: string;
  errtype: string;
  message: string;
  /** Absent rather than empty; also absent when there was no space for it. */
  backtrace?: string[];
}

/** The failure as compact JSON, without empty fields. */
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
 * Parses a failure that a server wrote or a producer pushed. Missing counts become 0, a missing
 * `failed_at` becomes empty. Throws `MALFORMED` when the text is not a JSON object or a field has a
 * wrong type.
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
