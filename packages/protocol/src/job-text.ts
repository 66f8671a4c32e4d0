/**
 * Parses a pushed job. The fields that the server uses become values; `args` and `custom` stay
 * text.
 *
 * Note: JSON.parse on args or custom would change 12345678901234567890 and 1.0, and would cost more
 * than the rest of the parsing. Only types are checked here; checkJob() has the rules.
 */

import { readFailure } from './failure.ts';
import { defaultPriority } from './job.ts';
import { compacted, JsonScanner, stringValue } from './json.ts';
import { MOST_MEMBERS, tooManyMembers } from './members.ts';
import { type Micros, parseTime } from './time.ts';
import { unitAt } from './utf8.ts';

/**
 * A pushed job. An absent or null field is `undefined`; so are an empty `at`, `created_at` and
 * `custom`. The default of `queue` is `default`.
 */
export interface JobText {
  /** Empty when absent. */
  jid: string;
  /** `default` when absent or empty. */
  queue: string;
  /** Empty when absent. */
  jobtype: string;
  /** A JSON array, compact, with its numbers and escapes as sent. Empty when absent. */
  args: string;
  /** 1 to 9; 0 and values above 9 become 5. */
  priority: number | undefined;
  retry: number | undefined;
  /** Seconds, as sent. */
  reserveFor: number | undefined;
  backtrace: number | undefined;
  /** As sent; may be no valid time. */
  at: string | undefined;
  /** `at` as an instant, when it is a valid time. */
  atMicros: Micros | undefined;
  /** As sent; never checked. */
  createdAt: string | undefined;
  /** A JSON object, compact, its values as they were sent. */
  custom: string | undefined;
  /** A JSON object, compact, as a producer sent it. */
  failure: string | undefined;
}

/**
 * Parses the payload of PUSH: one JSON object and nothing after it. Throws `MALFORMED` with
 * `invalid JSON: …` when the text is not JSON or a field has a wrong type. Unknown fields are
 * ignored, keys match in any case, the last of equal keys wins. `from` is where the payload starts:
 * parsing inside the line takes 20 % less time than cutting the payload off first.
 *
 * @example
 * ```ts
 * const job = parseJob('{"jid":"123456789","jobtype":"Mail","args":[1.0]}');
 * job.args; // '[1.0]'
 * ```
 */
export function parseJob(text: string, from = 0): JobText {
  const scanner = new JsonScanner(text);
  const start = scanner.space(from);
  const job = noJob();
  scanner.end(readFields(scanner, start, job));
  return job;
}

/** All fields in one order, so that every job has the same hidden class. */
export function noJob(): JobText {
  return {
    jid: '',
    queue: 'default',
    jobtype: '',
    args: '',
    priority: undefined,
    retry: undefined,
    reserveFor: undefined,
    backtrace: undefined,
    at: undefined,
    atMicros: undefined,
    createdAt: undefined,
    custom: undefined,
    failure: undefined,
  };
}

/** Parses the job object at `start`; returns the position after it. */
export function readFields(scanner: JsonScanner, start: number, job: JobText): number {
  if (scanner.peek(start) !== 0x7b /* { */) {
    scanner.value(start);
    scanner.fail(start, 'a job must be an object');
  }
  let at = scanner.space(start + 1);
  if (scanner.peek(at) !== 0x7d /* } */) {
    for (let members = 1; ; members++) {
      if (members > MOST_MEMBERS) throw tooManyMembers(MOST_MEMBERS);
      at = scanner.space(readField(scanner, at, job));
      const next = scanner.peek(at);
      if (next === 0x7d /* } */) break;
      if (next !== 0x2c /* , */) scanner.fail(at);
      at = scanner.space(at + 1);
    }
  }
  if (job.at !== undefined) job.atMicros = parseTime(job.at);
  return at + 1;
}

/** The fields of a job and their types, when they are not null. */
const fieldTypes = {
  jid: 'a string',
  queue: 'a string',
  jobtype: 'a string',
  args: 'an array',
  priority: 'an integer',
  retry: 'an integer',
  reserve_for: 'an integer',
  backtrace: 'an integer',
  at: 'a string',
  created_at: 'a string',
  enqueued_at: 'a string',
  custom: 'an object',
  failure: 'an object',
} as const;
export type FieldName = keyof typeof fieldTypes;

/**
 * Length of the longest field name when every character is escaped, with its quotes. A longer key
 * is unknown.
 */
const LONGEST_KEY = 'reserve_for'.length * 6 + 2;

/** Maximum number of characters of a pushed failure, which is parsed at once. */
const MOST_FAILURE = 1024 * 1024;

/** The last key that was read. One object for all scans, so that no job allocates one. */
export const opened: { name: FieldName | ''; at: number } = { name: '', at: 0 };

/** Reads the key at `keyAt` and its colon into `opened`: the field, and where its value starts. */
export function openField(scanner: JsonScanner, keyAt: number): void {
  let name = likelyField(scanner, keyAt);
  let keyEnd = keyAt + name.length + 2;
  if (name === '') {
    keyEnd = scanner.name(keyAt);
    if (keyEnd - keyAt <= LONGEST_KEY)
      name = fieldNamed(String(JSON.parse(scanner.text.slice(keyAt, keyEnd))));
  }
  opened.name = name;
  opened.at = scanner.colon(keyEnd);
  scanner.spaced = false;
  scanner.lone = false;
  scanner.escaped = false;
}

/** Parses one key and its value into the job; returns the position after the value. */
function readField(scanner: JsonScanner, keyAt: number, job: JobText): number {
  openField(scanner, keyAt);
  const { name, at } = opened;
  const first = scanner.peek(at);
  const end = first === 0x22 /* " */ ? scanner.string(at) : scanner.value(at);
  if (first === 0x22 /* " */) setString(scanner, job, name, at, stringValue(scanner, at + 1, end - 1));
  else if (first === 0x6e /* null */) setAbsent(job, name);
  else setOther(scanner, job, name, at, end);
  return end;
}

/** Sets a field from a string whose opening quote is at `at`. */
export function setString(
  scanner: JsonScanner,
  job: JobText,
  name: FieldName | '',
  at: number,
  value: string,
): void {
  switch (name) {
    case 'jid':
    case 'jobtype':
      job[name] = value;
      return;
    case 'queue':
      job.queue = value || 'default';
      return;
    case 'created_at':
      job.createdAt = value || undefined;
      return;
    case 'at':
      job.at = value || undefined;
      return;
    case 'enqueued_at': // Set by the server, so only its type is checked.
    case '':
      return;
    default:
      wrongType(scanner, name, at);
  }
}

/** Null means absent, so it also removes the value of an earlier equal key. */
export function setAbsent(job: JobText, name: FieldName | ''): void {
  switch (name) {
    case 'jid':
    case 'jobtype':
    case 'args':
      job[name] = '';
      return;
    case 'queue':
      job.queue = 'default';
      return;
    case 'created_at':
      job.createdAt = undefined;
      return;
    case 'reserve_for':
      job.reserveFor = undefined;
      return;
    case 'enqueued_at':
    case '':
      return;
    default:
      job[name] = undefined;
  }
}

/**
 * Sets a field from a value that is neither a string nor null; `text` is the compact value if it is
 * made already.
 */
export function setOther(
  scanner: JsonScanner,
  job: JobText,
  name: FieldName | '',
  at: number,
  end: number,
  text?: string,
): void {
  switch (name) {
    case 'args':
      job.args = nested(scanner, name, 0x5b /* [ */, at, end, text);
      return;
    case 'retry':
    case 'backtrace':
      job[name] = integer(scanner, name, at, end);
      return;
    case 'reserve_for':
      job.reserveFor = integer(scanner, name, at, end);
      return;
    case 'priority':
      job.priority = priority(scanner, at, end);
      return;
    case 'custom':
      job.custom = nested(scanner, name, 0x7b /* { */, at, end, text);
      return;
    case 'failure':
      if (end - at > MOST_FAILURE)
        scanner.fail(at, `"failure" has ${end - at} characters, the most is ${MOST_FAILURE}: shorten it`);
      job.failure = nested(scanner, name, 0x7b /* { */, at, end, text);
      readFailure(job.failure);
      return;
    case '':
      return;
    default:
      wrongType(scanner, name, at);
  }
}

function integer(scanner: JsonScanner, name: FieldName, at: number, end: number): number {
  const { text } = scanner;
  const negative = unitAt(text, at) === 0x2d; /* - */
  let value = 0;
  for (let i = negative ? at + 1 : at; i < end; i++) {
    const digit = unitAt(text, i) - 0x30;
    if (digit < 0 || digit > 9) wrongType(scanner, name, at);
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) scanner.fail(at, `"${name}" is too large an integer`);
  return negative && value !== 0 ? -value : value;
}

function priority(scanner: JsonScanner, at: number, end: number): number {
  const value = integer(scanner, 'priority', at, end);
  if (value < 0 || value > 255) scanner.fail(at, '"priority" must be 0 to 255');
  return value === 0 || value > 9 ? defaultPriority : value;
}

/** The text of an array or object, compact. */
function nested(
  scanner: JsonScanner,
  name: FieldName,
  open: number,
  at: number,
  end: number,
  text: string | undefined,
): string {
  if (scanner.peek(at) !== open) wrongType(scanner, name, at);
  return text ?? compacted(scanner, at, end);
}

function wrongType(scanner: JsonScanner, name: FieldName, at: number): never {
  scanner.fail(at, `"${name}" must be ${fieldTypes[name]}`);
}

/** The field whose exact key, with its quotes, is at `at`; `''` when there is none. */
function likelyField(scanner: JsonScanner, at: number): FieldName | '' {
  const { text, length } = scanner;
  if (at + 3 >= length || unitAt(text, at) !== 0x22 /* " */) return '';
  const name = fieldLike(unitAt(text, at + 1), unitAt(text, at + 3));
  const end = at + 1 + name.length;
  if (end >= length || unitAt(text, end) !== 0x22 /* " */) return '';
  for (let i = 0; i < name.length; i++) {
    if (unitAt(text, at + 1 + i) !== unitAt(name, i)) return '';
  }
  return name;
}

/**
 * The only field whose name has these first and third characters (the third of `at` is its closing
 * quote).
 */
function fieldLike(first: number, third: number): FieldName | '' {
  switch (first) {
    case 0x61 /* a */:
      return third === 0x22 /* " */ ? 'at' : 'args';
    case 0x62 /* b */:
      return 'backtrace';
    case 0x63 /* c */:
      return third === 0x65 /* e */ ? 'created_at' : 'custom';
    case 0x65 /* e */:
      return 'enqueued_at';
    case 0x66 /* f */:
      return 'failure';
    case 0x6a /* j */:
      return third === 0x64 /* d */ ? 'jid' : 'jobtype';
    case 0x70 /* p */:
      return 'priority';
    case 0x71 /* q */:
      return 'queue';
    case 0x72 /* r */:
      return third === 0x74 /* t */ ? 'retry' : 'reserve_for';
    default:
      return '';
  }
}

/** The field of a key in any case, as in Go; `''` for an unknown key. */
function fieldNamed(key: string): FieldName | '' {
  const lower = key.toLowerCase();
  return Object.hasOwn(fieldTypes, lower) ? (lower as FieldName) : '';
}
