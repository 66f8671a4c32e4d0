/*
 * Reads many jobs: the payload of PUSHB, in one go or in parts.
 */

import { type JobText, noJob, readFields } from './job-text.ts';
import { JsonScanner } from './json.ts';

/**
 * Reads the payload of PUSHB: a JSON array of jobs. Errors as {@link parseJob}; one bad job fails the whole
 * list.
 */
export function parseJobs(text: string, from = 0): JobText[] {
  const reader = new JobsReader(text, from);
  reader.read(Number.POSITIVE_INFINITY);
  return reader.jobs;
}

/** Reads the payload of PUSHB as {@link parseJobs} does, in parts: for a text that takes long. */
export class JobsReader {
  /** Those that were read so far. */
  readonly jobs: JobText[] = [];
  readonly #scanner: JsonScanner;
  #at: number;
  #begun = false;

  constructor(text: string, from = 0) {
    this.#scanner = new JsonScanner(text);
    this.#at = from;
  }

  /** Reads on for about so many characters; true: all is read. Throws as {@link parseJob}. */
  read(characters: number): boolean {
    const scanner = this.#scanner;
    if (!this.#begun && this.#open()) return true;
    const until = this.#at + characters;
    while (this.#at < until) {
      const job = noJob();
      const at = scanner.space(readFields(scanner, this.#at, job));
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

  /** Reads the bracket; true: the array is empty. */
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
