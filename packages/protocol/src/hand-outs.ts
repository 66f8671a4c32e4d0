/**
 * Parses the bulk verbs of consumers that used EXT: many jobs in one reply, many results in one
 * line. A reservation id names each hand-out.
 *
 * Note: a reservation id names a hand-out, not a job. The next hand-out of the same job has a new
 * id.
 */

import { cleanFault, type FailReport, faultFields } from './command.ts';
import { excerpt, FaktoryError } from './errors.ts';
import { isReservationId, readRest, unreadableRest } from './extension.ts';
import type { Job } from './job.ts';
import { asJob } from './job-document.ts';
import { compactJson, JsonScanner } from './json.ts';
import { checkMembers, MOST_IN_LIST } from './members.ts';
import { integerIn, type Payload, payloadOf, stringIn } from './payload.ts';
import { type KnownFields, readFieldsOf } from './payload-parts.ts';
import type { Micros } from './time.ts';
import { stepped } from './value-parts.ts';

/** A hand-out of a job. */
export interface HandOut {
  jid: string;
  /** Reservation id; decimal text on the wire. */
  rid: Micros;
}

/** A job in the answer to FETCHB. */
export interface FetchedJob {
  job: Job;
  /** Reservation id, which the worker sends back with the result. */
  rid: string;
  /** RFC 3339: when the reservation expires unless it is extended. */
  expires_at: string;
}

/** Options of a FAILB entry that FAIL does not have. */
export interface FailWish {
  /** `dead`: no more retries; `discard`: delete the job, as with `retry` 0. */
  fate?: 'dead' | 'discard';
  /** Seconds until the next retry, if there is one: 0 to one year. */
  retry_in?: number;
}

const longestWait = 365 * 86_400; // seconds

/**
 * Parses what follows `FETCHB `: the number of jobs, and the names of the queues. Throws `INVALID`.
 */
export function parseFetchBulk(rest: string, most: number): { count: number; names: string } {
  const space = rest.indexOf(' ');
  const first = space < 0 ? rest : rest.slice(0, space);
  const count = /^\d{1,9}$/.test(first) ? Number(first) : 0;
  if (count < 1 || count > most) {
    throw new FaktoryError(
      'INVALID',
      `FETCHB takes a number from 1 to ${most} before the queues, not ${JSON.stringify(excerpt(first))}`,
    );
  }
  return { count, names: space < 0 ? '' : rest.slice(space + 1) };
}

/** Parses the hand-outs after `ACKB ` or `RELEASE `. Throws `MALFORMED` or `LIMIT`. */
export function parseHandOuts(verb: string, rest: string, most: number): HandOut[] {
  return entries(verb, rest, most, handOut);
}

/** Parses the payload of FAILB. Throws `MALFORMED` or `LIMIT`. */
export function parseFailBulk(rest: string, most: number): (FailReport & FailWish & HandOut)[] {
  return entries('FAILB', rest, most, failedHandOut);
}

const failedHandOut = (fields: Payload): FailReport & FailWish & HandOut => ({
  ...cleanFault(fields),
  ...failWish(fields),
  ...handOut(fields),
});

const failFields = {
  ...faultFields,
  rid: 'text',
  fate: 'text',
  retry_in: 'number',
} as const satisfies KnownFields;

/**
 * {@link parseFailBulk} for a long payload: reads about `part` characters between two yields. Stops
 * with `LIMIT` after `most` entries.
 */
export function* failBulkInParts(
  rest: string,
  most: number,
  part: number,
): Generator<void, (FailReport & FailWish & HandOut)[]> {
  const scanner = new JsonScanner(rest);
  try {
    return yield* stepped(scanner, part, () => readFails(scanner, most));
  } catch (cause) {
    throw unreadableRest('FAILB', rest, cause);
  }
}

function* readFails(
  scanner: JsonScanner,
  most: number,
): Generator<number, (FailReport & FailWish & HandOut)[]> {
  const read: (FailReport & FailWish & HandOut)[] = [];
  const members = { count: 0, most: MOST_IN_LIST };
  let at = scanner.space(0);
  if (scanner.peek(at) !== 0x5b /* [ */) throw new FaktoryError('MALFORMED', 'not an array');
  at = scanner.space(at + 1);
  for (let open = scanner.peek(at) !== 0x5d /* ] */; open; ) {
    if (read.length === most) throw tooMany('FAILB', most);
    const { end, value } = yield* readFieldsOf(scanner, at, failFields, members);
    read.push(failedHandOut(value));
    at = scanner.space(end);
    open = scanner.peek(at) === 0x2c; /* , */
    if (!open && scanner.peek(at) !== 0x5d) scanner.fail(at);
    if (open) at = scanner.space(at + 1);
    if (at >= scanner.until) yield at;
  }
  scanner.end(at + 1);
  return read;
}

function tooMany(verb: string, most: number): FaktoryError {
  return new FaktoryError('LIMIT', `too many entries in one ${verb}: at most ${most} are taken; split them`);
}

function failWish(fields: Payload): FailWish {
  const fate = stringIn(fields, 'fate');
  const retry_in = integerIn(fields, 'retry_in');
  if (fate !== undefined && fate !== 'dead' && fate !== 'discard') {
    throw new FaktoryError('MALFORMED', '"fate" must be dead or discard');
  }
  if (retry_in !== undefined && (retry_in < 0 || retry_in > longestWait)) {
    throw new FaktoryError('MALFORMED', `"retry_in" must be from 0 to ${longestWait}`);
  }
  return { ...(fate && { fate }), ...(retry_in !== undefined && { retry_in }) };
}

/** Parses the payload of EXTEND: `seconds` from now, 1 to 86,400. Throws `MALFORMED` or `LIMIT`. */
export function parseExtend(rest: string, most: number): (HandOut & { seconds: number })[] {
  return entries('EXTEND', rest, most, (fields) => {
    const seconds = integerIn(fields, 'seconds') ?? 0;
    if (seconds < 1 || seconds > 86_400)
      throw new FaktoryError('MALFORMED', '"seconds" must be from 1 to 86400');
    return { ...handOut(fields), seconds };
  });
}

function handOut(fields: Payload): HandOut {
  const jid = stringIn(fields, 'jid');
  const rid = stringIn(fields, 'rid');
  if (!jid || rid === undefined || !isReservationId(rid)) {
    throw new FaktoryError('MALFORMED', 'each entry needs the "jid" and the "rid" of a hand-out');
  }
  return { jid, rid: Number(rid) };
}

function entries<Entry>(
  verb: string,
  rest: string,
  most: number,
  readOne: (fields: Payload) => Entry,
): Entry[] {
  return readRest(verb, rest, (text) => {
    checkMembers(text, MOST_IN_LIST);
    const list: unknown = JSON.parse(compactJson(text));
    if (!Array.isArray(list)) throw new FaktoryError('MALFORMED', 'not an array');
    if (list.length > most) throw tooMany(verb, most);
    return list.map((entry) => readOne(payloadOf(entry)));
  });
}

/** One element of the array that answers FETCHB. `job` is wire JSON, `expiresAt` RFC 3339. */
export function fetchedText(job: string, rid: Micros, expiresAt: string): string {
  return `{"rid":"${rid}","expires_at":"${expiresAt}","job":${job}}`;
}

/**
 * Parses the answer to FETCHB, for clients. Throws `PROTOCOL` when it is not an array of hand-outs.
 */
export function readFetched(text: string): FetchedJob[] {
  try {
    const list = JSON.parse(text) as { job: unknown; rid: unknown; expires_at: unknown }[];
    return list.map(({ job, rid, expires_at }) => {
      if (typeof rid !== 'string' || typeof expires_at !== 'string')
        throw new Error('rid and expires_at are texts');
      return { job: asJob(job), rid, expires_at };
    });
  } catch (cause) {
    throw new FaktoryError('PROTOCOL', 'the server sent jobs that cannot be read', { cause });
  }
}
