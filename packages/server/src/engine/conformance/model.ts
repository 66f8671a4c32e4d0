/**
 * The model of an engine for random.ts: the rules of push, fetch, settle, promote and queues, as
 * one list of jobs in memory. Read it as the short specification of these rules.
 */
import type { Outcome } from '../engine.ts';

export type Place = 'ready' | 'scheduled' | 'retries' | 'dead' | 'working';

export interface ModelJob {
  readonly jid: string;
  readonly queue: string;
  readonly priority: number;
  place: Place;
  /** Order in the queue; a job that is put back gets a number below all others. */
  order: number;
  due: number;
}

export class Model {
  jobs: ModelJob[] = [];
  listed = new Set<string>();
  paused = new Set<string>();
  processed = 0;
  failures = 0;
  #numbers = 0;
  #heads = 0;

  push(jid: string, queue: string, priority: number, at: number | undefined): void {
    const job: ModelJob = { jid, queue, priority, place: 'scheduled', order: 0, due: at ?? 0 };
    this.jobs.push(job);
    if (at === undefined) this.makeReady(job);
  }

  makeReady(job: ModelJob): void {
    this.#numbers += 1;
    this.listed.add(job.queue);
    Object.assign(job, { place: 'ready', order: this.#numbers });
  }

  fetch(queues: readonly string[], expiry: number): string | undefined {
    for (const queue of queues.filter((name) => !this.paused.has(name))) {
      const ready = this.jobs.filter((job) => job.place === 'ready' && job.queue === queue);
      const [next] = ready.sort((a, b) => b.priority - a.priority || a.order - b.order);
      if (!next) continue;
      Object.assign(next, { place: 'working', due: expiry });
      return next.jid;
    }
    return undefined;
  }

  settle(jid: string, outcome: Outcome, now: number): boolean {
    const job = this.jobs.find((each) => each.jid === jid && each.place === 'working');
    if (!job) return false;
    if (outcome.to === 'queue') {
      this.makeReady(job);
      this.#heads -= 1;
      job.order = this.#heads;
      return true;
    }
    this.processed += 1;
    if (outcome.to !== 'done') this.failures += 1;
    if (outcome.to === 'done' || outcome.to === 'discarded') this.jobs.splice(this.jobs.indexOf(job), 1);
    else Object.assign(job, { place: outcome.to, due: now + outcome.in });
    return true;
  }

  promote(set: 'scheduled' | 'retries', now: number, limit: number): number {
    const due = this.jobs
      .filter((job) => job.place === set && job.due <= now)
      .sort((a, b) => a.due - b.due)
      .slice(0, limit);
    for (const job of due) this.makeReady(job);
    return due.length;
  }

  remove(gone: (job: ModelJob) => boolean): number {
    const before = this.jobs.length;
    this.jobs = this.jobs.filter((job) => !gone(job));
    return before - this.jobs.length;
  }

  count(place: Place): number {
    return this.jobs.filter((job) => job.place === place).length;
  }
}
