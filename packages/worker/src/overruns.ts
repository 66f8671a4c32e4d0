/**
 * Finds jobs that run far longer than other jobs of their type. A handler that never settles holds
 * its slot for ever, and without a time limit nothing else would report it. Only reports; never
 * ends a job.
 *
 * Note: jobtypes come from the wire, so run times are stored only for types with a handler.
 */

import type { RunningJob } from './slots.ts';

/** A job that runs for too long. */
export interface Overrun {
  readonly running: RunningJob;
  /** How long it has run. */
  readonly seconds: number;
  /** Seconds of the longest of the last runs of its type; undefined when none has ended yet. */
  readonly usual: number | undefined;
}

const remembered = 50; // runs of each type
const times = 4; // reported at this multiple of the longest stored run
const least = 60_000; // ms; shorter runs are never reported
// ms, when no run of the type has ended: half an hour, the default reservation
const first = 1_800_000;

export class Overruns {
  readonly #ended: ReadonlyMap<string, { next: number; readonly ms: number[] }>;
  /** When a job is reported next, in ms since its start; doubles after each report. */
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

  /** Returns the jobs to report now. `now` is a time of `performance.now()`. */
  look(running: readonly RunningJob[], now: number): Overrun[] {
    return running.flatMap((one) => {
      const age = now - one.startedAt;
      if (age < least) return []; // most jobs: skip the look-up of their type
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
