/** Parses the payload of PUSHB, at once or in parts. */

import { readFieldsInParts } from './job-parts.ts';
import { type JobText, noJob, readFields } from './job-text.ts';
import { JsonScanner, noLimit } from './json.ts';
import { MOST_RUN } from './value-parts.ts';

/**
 * Parses the payload of PUSHB: a JSON array of jobs. Throws as {@link parseJob}; one bad job fails
 * the whole list.
 */
export function parseJobs(text: string, from = 0): JobText[] {
  const reader = new JobsReader(text, from);
  reader.read(Number.POSITIVE_INFINITY);
  return reader.jobs;
}

/** {@link parseJobs} in parts, for a long payload. */
export class JobsReader {
  /** The jobs that are read so far. */
  readonly jobs: JobText[] = [];
  readonly #scanner: JsonScanner;
  #at: number;
  #begun = false;
  /** The job that is partly read, and its reader. */
  #amidst: { readonly job: JobText; readonly reading: Generator<number, number> } | undefined;

  constructor(text: string, from = 0) {
    this.#scanner = new JsonScanner(text);
    this.#at = from;
  }

  /** Reads about `characters` more; returns true when all is read. Throws as {@link parseJob}. */
  read(characters: number): boolean {
    const scanner = this.#scanner;
    if (characters < scanner.length) scanner.mostRun = MOST_RUN;
    if (!this.#begun && this.#open()) return true;
    const until = this.#at + characters;
    const inParts = until < scanner.length;
    scanner.until = inParts ? until : noLimit;
    while (this.#at < until) {
      const job = this.#amidst?.job ?? noJob();
      const end = inParts || this.#amidst ? this.#part(job) : readFields(scanner, this.#at, job);
      if (end === undefined) return false;
      const at = scanner.space(end);
      this.jobs.push(job);
      if (scanner.peek(at) === 0x5d /* ] */) {
        scanner.end(at + 1);
        return true;
      }
      if (scanner.peek(at) !== 0x2c /* , */) scanner.fail(at);
      this.#at = scanner.space(at + 1);
    }
    return false;
  }

  /** Continues in a job. Returns the position after it, or undefined when the job continues. */
  #part(job: JobText): number | undefined {
    this.#amidst ??= { job, reading: readFieldsInParts(this.#scanner, this.#at, job) };
    const { done, value } = this.#amidst.reading.next();
    if (done) this.#amidst = undefined;
    else this.#at = value;
    return done ? value : undefined;
  }

  /** Reads the opening bracket; returns true for an empty array. */
  #open(): boolean {
    const scanner = this.#scanner;
    this.#begun = true;
    const start = scanner.space(this.#at);
    if (scanner.peek(start) !== 0x5b /* [ */) {
      scanner.value(start);
      scanner.fail(start, 'jobs must come in an array');
    }
    this.#at = scanner.space(start + 1);
    if (scanner.peek(this.#at) !== 0x5d /* ] */) return false;
    scanner.end(this.#at + 1);
    return true;
  }
}
