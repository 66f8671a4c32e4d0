/*
 * Reads a pushed job of megabytes in parts: exactly what parseJob reads and refuses, with places between where others are served.
 */
import {
  type JobText,
  noJob,
  opened,
  openField,
  setAbsent,
  setOther,
  setString,
  stringValue,
} from './job-text.ts';
import { type Cut, compacted, JsonScanner, PAUSED } from './json.ts';
import { MOST_MEMBERS, tooManyMembers } from './members.ts';
import { parseTime } from './time.ts';

/** {@link parseJob} in parts of about so many characters, each up to a `yield`. Throws as parseJob. */
export function* parseJobInParts(text: string, part: number): Generator<void, JobText> {
  const scanner = new JsonScanner(text);
  const job = noJob();
  const start = scanner.space(0);
  scanner.until = start + part;
  const reading = readFieldsInParts(scanner, start, job);
  for (;;) {
    const { done, value } = reading.next();
    if (done) {
      scanner.end(value);
      return job;
    }
    yield;
    scanner.until = value + part;
  }
}

/**
 * Reads one job object that starts at `start`; gives the position after it. Yields, with its position, where the scan came to
 * `scanner.until`: the caller sets the next one.
 */
export function* readFieldsInParts(
  scanner: JsonScanner,
  start: number,
  job: JobText,
): Generator<number, number> {
  if (scanner.peek(start) !== 0x7b /* { */) {
    yield* scan(scanner, start, []);
    scanner.fail(start, 'a job must be an object');
  }
  let at = scanner.space(start + 1);
  if (scanner.peek(at) !== 0x7d /* } */) {
    for (let members = 1; ; members++) {
      if (members > MOST_MEMBERS) throw tooManyMembers(MOST_MEMBERS);
      at = scanner.space(yield* readField(scanner, at, job));
      const next = scanner.peek(at);
      if (next === 0x7d /* } */) break;
      if (next !== 0x2c /* , */) scanner.fail(at);
      at = scanner.space(at + 1);
    }
  }
  if (job.at !== undefined) job.atMicros = parseTime(job.at);
  return at + 1;
}

function* readField(scanner: JsonScanner, keyAt: number, job: JobText): Generator<number, number> {
  openField(scanner, keyAt);
  const { name, at } = opened;
  const cuts: Cut[] = [];
  const end = yield* scan(scanner, at, cuts);
  const first = scanner.peek(at);
  if (first === 0x22 /* " */) setString(scanner, job, name, at, yield* stringOf(scanner, at, end, cuts));
  else if (first === 0x6e /* null */) setAbsent(job, name);
  else setOther(scanner, job, name, at, end, yield* textOf(scanner, at, end, cuts));
  return end;
}

/** Reads a value that starts at `at`, and adds where the reading was cut. */
function* scan(scanner: JsonScanner, at: number, cuts: Cut[]): Generator<number, number> {
  let end = scanner.begin(at);
  while (end === PAUSED) {
    const { cut } = scanner;
    cuts.push(cut);
    yield cut.at;
    end = scanner.resume();
  }
  return end;
}

/** The value of a string. */
function* stringOf(
  scanner: JsonScanner,
  at: number,
  end: number,
  cuts: readonly Cut[],
): Generator<number, string> {
  if (!scanner.lone && !scanner.escaped) return stringValue(scanner, at + 1, end - 1);
  const parts: string[] = [];
  let from = at + 1;
  for (const cut of cuts) {
    if (!cut.inString) continue; // before its opening quote
    parts.push(stringValue(scanner, from, cut.at));
    from = cut.at;
    yield end;
  }
  parts.push(stringValue(scanner, from, end - 1));
  return parts.join('');
}

/** The text of any other value, compact; undefined when it was not cut or has nothing to change, and so is made in no time. */
function* textOf(
  scanner: JsonScanner,
  at: number,
  end: number,
  cuts: readonly Cut[],
): Generator<number, string | undefined> {
  if (cuts.length === 0 || !(scanner.spaced || scanner.lone)) return undefined;
  const parts: string[] = [];
  let from: Cut = { at, inString: false };
  for (const cut of cuts) {
    parts.push(compacted(scanner, from.at, cut.at, from.inString));
    from = cut;
    yield end;
  }
  parts.push(compacted(scanner, from.at, end, from.inString));
  return parts.join('');
}
