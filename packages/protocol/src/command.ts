/**
 * Parses the commands that a client sends, for the server.
 *
 * Note: verbs are case-sensitive and QUEUE subcommands are not. Errors quote at most 200 characters
 * of the payload.
 */

import { excerpt, FaktoryError } from './errors.ts';
import { unreadableRest } from './extension.ts';
import { JsonScanner } from './json.ts';
import { checkMembers, MOST_MEMBERS } from './members.ts';
import { integerIn, type Payload, readChecked, stringIn, stringsIn } from './payload.ts';
import { type KnownFields, readFieldsOf } from './payload-parts.ts';
import { cutUtf8, unitAt, utf8Length } from './utf8.ts';
import { stepped } from './value-parts.ts';

/** The states of a worker. A worker never goes back to an earlier one. */
export type WorkerState = 'running' | 'quiet' | 'terminate';

/**
 * Cuts a line at its first space. Without a space the whole line is the verb; when the line ends
 * with that space, the argument is `' '`.
 */
export function splitVerb(line: string): [verb: string, rest: string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1) || ' '];
}

const ackStart = '{"jid":"';

/** Parses the payload of ACK. Keys other than `jid` are ignored. Throws `MALFORMED`. */
export function parseAck(rest: string): { jid: string } {
  const plain = plainAck(rest);
  if (plain !== undefined) return { jid: plain };
  return reading('ACK', rest, (fields) => {
    const jid = stringIn(fields, 'jid');
    if (jid === undefined) throw new FaktoryError('MALFORMED', 'no jid');
    return { jid };
  });
}

/**
 * The jid of `{"jid":"…"}` without spaces or escapes, as nearly all clients write it. Ten times
 * faster than parsing.
 */
function plainAck(rest: string): string | undefined {
  const end = rest.length - 2;
  if (end < ackStart.length || !rest.startsWith(ackStart) || !rest.endsWith('"}')) return undefined;
  for (let i = ackStart.length; i < end; i++) {
    const unit = unitAt(rest, i);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 /* " */ || unit === 0x5c /* \ */) return undefined;
  }
  return rest.slice(ackStart.length, end);
}

/** The payload of FAIL, trimmed and cut to its limits. */
export interface FailReport {
  jid: string;
  /** At most 100 bytes; `unknown` when none was sent. */
  errtype: string;
  /** At most 1000 bytes; `unknown` when none was sent. */
  message: string;
  /** At most 50 lines, 64 KiB in all. */
  backtrace: string[];
}

const MOST_LINES = 50;
const MOST_BACKTRACE = 64 * 1024; // bytes of all lines together

/** The fields of {@link cleanFault}. */
export const faultFields = {
  jid: 'text',
  errtype: 'text',
  message: 'text',
  backtrace: { most: MOST_LINES },
} as const satisfies KnownFields;

/** Parses the payload of FAIL. Throws `MALFORMED`: `invalid FAIL …` or `missing JID`. */
export function parseFail(rest: string): FailReport {
  return named(reading('FAIL', rest, cleanFault));
}

/** {@link parseFail} for a long payload: reads about `part` characters between two yields. */
export function* parseFailInParts(rest: string, part: number): Generator<void, FailReport> {
  const scanner = new JsonScanner(rest);
  let report: FailReport;
  try {
    const { end, value } = yield* stepped(scanner, part, () =>
      readFieldsOf(scanner, scanner.space(0), faultFields, { count: 0, most: MOST_MEMBERS }),
    );
    scanner.end(end);
    report = cleanFault(value);
  } catch (cause) {
    throw unreadableRest('FAIL', rest, cause);
  }
  return named(report);
}

function named(report: FailReport): FailReport {
  if (report.jid === '') throw new FaktoryError('MALFORMED', 'missing JID');
  return report;
}

/**
 * Reads a failure report from these fields, trimmed and cut to its limits. Throws `MALFORMED` for a
 * field of a wrong type.
 */
export function cleanFault(fields: Payload): FailReport {
  return {
    jid: stringIn(fields, 'jid') ?? '',
    errtype: cleaned(stringIn(fields, 'errtype'), 100),
    message: cleaned(stringIn(fields, 'message'), 1000),
    backtrace: firstBytes((stringsIn(fields, 'backtrace') ?? []).slice(0, MOST_LINES)),
  };
}

/** The first lines, {@link MOST_BACKTRACE} bytes in all; the last line is cut. */
function firstBytes(lines: string[]): string[] {
  let room = MOST_BACKTRACE;
  const kept: string[] = [];
  for (const line of lines) {
    const cut = cutUtf8(line, room);
    room -= utf8Length(cut);
    if (cut !== '' || line === '') kept.push(cut);
    if (cut.length < line.length) break;
  }
  return kept;
}

function cleaned(text: string | undefined, maxBytes: number): string {
  return cutUtf8(text?.trim() ?? '', maxBytes) || 'unknown';
}

/** The payload of BEAT. `state` is absent unless it is one of the three known words. */
export interface Beat {
  /** Empty when none was sent. */
  wid: string;
  state?: WorkerState;
  /** Memory of the worker, KiB. */
  rssKb?: number;
  /** Longest block of the worker's event loop since its last beat, milliseconds. */
  lagMs?: number;
  /** Number of jobs that the worker can run at once. */
  slots?: number;
}

/** Parses the payload of BEAT. Throws `MALFORMED`: `invalid BEAT …`. */
export function parseBeat(rest: string): Beat {
  return reading('BEAT', rest, (fields) => {
    const beat: Beat = { wid: stringIn(fields, 'wid') ?? '' };
    const state = stringIn(fields, 'current_state');
    const rssKb = integerIn(fields, 'rss_kb');
    if (state === 'running' || state === 'quiet' || state === 'terminate') beat.state = state;
    if (rssKb !== undefined) beat.rssKb = rssKb;
    const lagMs = fields.get('lag_ms');
    if (typeof lagMs === 'number' && lagMs >= 0) beat.lagMs = lagMs;
    const slots = fields.get('slots');
    if (Number.isInteger(slots) && Number(slots) > 0) beat.slots = Number(slots);
    return beat;
  });
}

/**
 * Parses the queues of a FETCH, in their order. Throws `INVALID` without a queue, `LIMIT` for more
 * than 1,000 names or 65,536 characters. An empty argument is a queue without a name, which never
 * has a job: pyfaktory sends this when it has no queues.
 */
export function parseQueues(rest: string): string[] {
  const queues = words(rest, mostNames);
  if (queues === undefined || rest.length > mostNamesLength) throw tooManyNames('a fetch', rest);
  if (queues.length === 0 && rest !== '') return [''];
  if (queues.length === 0) throw new FaktoryError('INVALID', 'must call fetch with at least one queue');
  return queues;
}

/** Maximum number of queue names in one FETCH, FETCHB or QUEUE. */
const mostNames = 1000;
/**
 * Maximum number of characters after FETCH or FETCHB: the server keeps the names while the fetch
 * waits.
 */
const mostNamesLength = 65_536;

function tooManyNames(verb: string, { length }: string): FaktoryError {
  const most = `at most ${mostNames} queue names`;
  const text =
    verb === 'a fetch'
      ? `a fetch takes ${most} of ${mostNamesLength} characters in all, and this one has more (${length} characters); ask for fewer queues, or spread them over several workers`
      : `${verb} takes ${most}, and this one has more (${length} characters); split it into several commands`;
  return new FaktoryError('LIMIT', text);
}

const subcommands = ['PAUSE', 'RESUME', 'REMOVE', 'LATENCY'] as const;

/**
 * A QUEUE command for the named queues, or with `all` for every existing queue (`names` is empty).
 */
export interface QueueCommand {
  sub: (typeof subcommands)[number];
  names: string[];
  all: boolean;
}

/**
 * Parses what follows `QUEUE `. Throws `UNKNOWN_COMMAND` for an unknown subcommand, `INVALID` when
 * names are missing or not allowed, `LIMIT` for more than 1,000 names.
 */
export function parseQueueCommand(rest: string): QueueCommand {
  const given = words(rest, mostNames + 1);
  if (given === undefined) throw tooManyNames('QUEUE', rest);
  const [first = '', ...names] = given;
  if (first === '')
    throw new FaktoryError('INVALID', 'QUEUE needs a subcommand: PAUSE, RESUME, REMOVE or LATENCY');
  const word = first.toUpperCase();
  const sub = subcommands.find((name) => name === word);
  if (sub === undefined)
    throw new FaktoryError('UNKNOWN_COMMAND', `no such QUEUE subcommand: ${excerpt(word)}`);
  const all = names[0] === '*';
  if (sub === 'LATENCY') {
    if (all) throw new FaktoryError('INVALID', 'QUEUE LATENCY does not support wildcards');
  } else if (names.length === 0) {
    throw new FaktoryError('INVALID', `QUEUE ${sub} needs the names of queues, or *`);
  }
  return { sub, names: all ? [] : names, all: all };
}

/** The words between spaces; undefined when there are more than `most`. */
function words(text: string, most: number): string[] | undefined {
  const parts = text.split(' ', 2 * most + 2); // a limit, because a line may have a megabyte of spaces
  const found = parts.includes('') ? parts.filter((word) => word !== '') : parts;
  return parts.length > 2 * most || found.length > most ? undefined : found;
}

/**
 * Reports every error as `invalid VERB payload` with the reason as its cause, except too many
 * members.
 */
function reading<Result>(verb: string, rest: string, read: (fields: Payload) => Result): Result {
  checkMembers(rest);
  try {
    return read(readChecked(rest));
  } catch (cause) {
    if (!(cause instanceof FaktoryError)) throw cause;
    throw new FaktoryError('MALFORMED', `invalid ${verb} ${excerpt(rest)}`, { cause });
  }
}
