/*
 * Finds jobs that run far longer than their jobtype does: a handler that never settles holds its slot for ever, and without a time limit
 * nothing else would say so.
 * It must never end a job: what is long for one job may be right for another. Note: jobtypes come from the wire, so only those of the
 * handlers are remembered.
 */

import type { RunningJob } from './slots.ts';

/** A job that runs for too long. */
export interface Overrun {
  readonly running: RunningJob;
  /** So far. */
  readonly seconds: number;
  /** The longest of the last runs of its type, in seconds; undefined: none has ended yet. */
  readonly usual: number | undefined;
}

const remembered = 50; // runs of each type
const times = 4; // as long as the longest of them
const least = 60_000; // ms; shorter runs are never told
const first = 1_800_000; // ms for a type of which no run has ended: half an hour, the time that a job has by default

export class Overruns {
  readonly #ended: ReadonlyMap<string, { next: number; readonly ms: number[] }>;
  /** When a job is told next, in ms of its run: each time it has doubled. */
  readonly #next = new WeakMap<RunningJob, number>();

  constructor(jobtypes: Iterable<string>) {
    this.#ended = new Map([...jobtypes].map((jobtype) => [jobtype, { next: 0, ms: [] }]));
  }

  ended(jobtype: string, ms: number): void {
    const runs = this.#ended.get(jobtype);
    if (runs === undefined) return;
    runs.ms[runs.next] = ms;
    runs.next = (runs.next + 1) % remembered;
  }

  /** Those that are to be told now. `now` is a time of `performance.now()`. */
  look(running: readonly RunningJob[], now: number): Overrun[] {
    return running.flatMap((one) => {
      const age = now - one.startedAt;
      if (age < least) return []; // most of them: their type need not be looked at
      const usual = this.#usual(one.job.jobtype);
      const limit = this.#next.get(one) ?? (usual === undefined ? first : Math.max(least, usual * times));
      if (age < limit) return [];
      this.#next.set(one, age * 2);
      const seconds = Math.round(age / 1000);
      return [{ running: one, seconds, usual: usual === undefined ? undefined : usual / 1000 }];
    });
  }

  #usual(jobtype: string): number | undefined {
    const runs = this.#ended.get(jobtype);
    return runs === undefined || runs.ms.length === 0 ? undefined : Math.max(...runs.ms);
  }
}
