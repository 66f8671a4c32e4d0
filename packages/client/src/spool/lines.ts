/*
 * The spool's file as a place that keeps lines (delivery.ts), and what becomes of the jobs that the server refuses.
 * It must never strike a line off before its refused jobs are somewhere else. A stranger would get wrong that a full queue is no
 * refusal: nobody waits for the push any more, so such a job goes to the end of the spool and is tried again.
 */

import { appendFile } from 'node:fs/promises';
import type { FaktoryError } from '@faktory-ts/protocol';
import type { AnsweredLine, Count, LineStore } from '../delivery/delivery.ts';
import { isFull, refusedJobs } from '../delivery/refused.ts';
import type { SpooledLine } from './record.ts';
import type { SpoolFile, WaitingLine } from './spool-file.ts';

/** A job that the server refused, as it would have travelled. */
export type RefusedJob = Readonly<Record<string, unknown>>;

/** Told of each job that the server refused for good. It resolves when that is safe. */
type Refuse = (job: RefusedJob, error: FaktoryError) => void | Promise<void>;

const batchLines = 500; // the server remembers refusals of 1,000
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

/** Writes refused jobs into a file, a line of JSON each. */
export function refuseInto(path: string): Refuse {
  return async (job, { code, message }) => {
    const line = JSON.stringify({ at: new Date().toISOString(), code, message, job });
    await appendFile(path, `${line}\n`, { flush: true });
  };
}

/**
 * The server takes all jobs of a line for one queue, or none: smaller lines fit where there is little room. And a line that is too long for
 * it may hold jobs that are not.
 */
function halves(jobs: readonly RefusedJob[]): SpooledLine[] {
  const half = Math.ceil(jobs.length / 2);
  const lines = [jobs.slice(0, half), jobs.slice(half)].filter(({ length }) => length > 0);
  return lines.map((part) => ({ jobs: part.length, text: `PUSHB ${JSON.stringify(part)}` }));
}

function jobsIn({ text }: WaitingLine): RefusedJob[] {
  return [JSON.parse(text.slice(text.indexOf(' ') + 1))].flat() as RefusedJob[];
}
