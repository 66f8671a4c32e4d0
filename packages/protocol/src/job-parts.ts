/**
 * Parses a pushed job of megabytes in parts, so that the server can serve other clients in between.
 * Accepts and refuses the same texts as parseJob.
 */
import { type JobText, noJob, opened, openField, setAbsent, setOther, setString } from './job-text.ts';
import { type Cut, JsonScanner } from './json.ts';
import { MOST_MEMBERS, tooManyMembers } from './members.ts';
import { parseTime } from './time.ts';
import { scan, stepped, stringOf, textOf } from './value-parts.ts';

/**
 * {@link parseJob} in parts: reads about `part` characters between two yields. Throws as parseJob.
 */
export function* parseJobInParts(text: string, part: number): Generator<void, JobText> {
  const scanner = new JsonScanner(text);
  const job = noJob();
  scanner.end(yield* stepped(scanner, part, () => readFieldsInParts(scanner, scanner.space(0), job)));
  return job;
}

/**
 * Parses the job object at `start`; returns the position after it. Yields the position when it
 * reaches `scanner.until`; the caller then sets a new `until`.
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
