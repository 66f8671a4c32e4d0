/**
 * The spool's file as a line store (delivery.ts), and the handling of jobs that the server refuses.
 * A line is removed only after its refused jobs are stored elsewhere.
 *
 * Note: a full queue is not a final refusal. No caller waits for the push any more, so such a job
 * goes to the end of the spool and is sent again.
 */

import { appendFile } from 'node:fs/promises';
import type { FaktoryError } from '@faktory-ts/protocol';
import type { AnsweredLine, Count, LineStore } from '../delivery/delivery.ts';
import { isFull, refusedJobs } from '../delivery/refused.ts';
import type { SpooledLine } from './record.ts';
import type { SpoolFile, WaitingLine } from './spool-file.ts';

/** A job that the server refused, in the wire's form. */
export type RefusedJob = Readonly<Record<string, unknown>>;

/** Called for each job that the server refused permanently. It resolves when the job is stored. */
type Refuse = (job: RefusedJob, error: FaktoryError) => void | Promise<void>;

const batchLines = 500; // the server keeps the refusals of 1,000
const batchBytes = 1024 * 1024;

export class SpoolLines implements LineStore<WaitingLine> {
  readonly #file: SpoolFile;
  readonly #refuse: Refuse;

  constructor(file: SpoolFile, refuse: Refuse) {
    this.#file = file;
    this.#refuse = refuse;
  }

  async count(): Promise<Count> {
    const { producer, answered } = this.#file.head;
    return { producer, answered, sent: answered + this.#file.lines };
  }

  next(): Promise<WaitingLine[]> {
    return this.#file.next(batchLines, batchBytes);
  }

  async settle(answered: readonly AnsweredLine<WaitingLine>[]): Promise<boolean> {
    const parts: SpooledLine[] = [];
    for (const { line, refusal, tooLong } of answered) {
      if (refusal === undefined) continue;
      const jobs = jobsIn(line);
      if (tooLong && jobs.length > 1) {
        parts.push(...halves(jobs));
        continue;
      }
      const waiting: RefusedJob[] = [];
      for (const { job, error } of refusedJobs(jobs, refusal)) {
        if (isFull(error)) waiting.push(job);
        else await this.#refuse(job, error);
      }
      parts.push(...halves(waiting));
    }
    await this.#file.done(answered.at(-1)?.line.number ?? 0, parts);
    return parts.length > 0;
  }

  renew(): Promise<void> {
    return this.#file.renew();
  }
}

/** Appends refused jobs to a file, a line of JSON each. */
export function refuseInto(path: string): Refuse {
  return async (job, { code, message }) => {
    const line = JSON.stringify({ at: new Date().toISOString(), code, message, job });
    await appendFile(path, `${line}\n`, { flush: true });
  };
}

/**
 * The server accepts all jobs of a line for one queue, or none, so smaller lines fit a nearly full
 * queue. And a line that is too long may hold shorter jobs.
 */
function halves(jobs: readonly RefusedJob[]): SpooledLine[] {
  const half = Math.ceil(jobs.length / 2);
  const lines = [jobs.slice(0, half), jobs.slice(half)].filter(({ length }) => length > 0);
  return lines.map((part) => ({ jobs: part.length, text: `PUSHB ${JSON.stringify(part)}` }));
}

function jobsIn({ text }: WaitingLine): RefusedJob[] {
  return [JSON.parse(text.slice(text.indexOf(' ') + 1))].flat() as RefusedJob[];
}
