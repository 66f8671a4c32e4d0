/**
 * Once a minute: stores history, logs evicted dead jobs, and deletes unused queues, expired history
 * and undo data in bites. Other operations run between the bites.
 *
 * The wall clock is compared each second, so a step of the clock delays this by one second at most.
 * Note: `stop` waits for one bite only, because it must not delay the stop of the server.
 */
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const MINUTE = 60_000_000; // µs
const CHECK_EVERY = 1000; // ms
const BITE = 500; // rows in one commit, which takes some ms

export class MinuteTask {
  readonly #jobs: Jobs;
  readonly #deadLimit: number;
  readonly #log: Logger;
  #evicted = 0;
  #minute: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(jobs: Jobs, deadLimit: number, log: Logger) {
    this.#jobs = jobs;
    this.#deadLimit = deadLimit;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#running;
    this.#reportEvicted();
  }

  #check(): void {
    const minute = Math.floor(this.#jobs.engine.clock() / MINUTE);
    if (minute === this.#minute || this.#running) return;
    this.#minute = minute;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Logs one line for all jobs evicted since the last call. */
  #reportEvicted(): void {
    const { evicted } = this.#jobs.engine.figures.meter;
    const count = evicted - this.#evicted;
    this.#evicted = evicted;
    if (count === 0) return;
    const text = `${count} of the oldest dead jobs deleted: dead keeps at most ${this.#deadLimit} jobs; raise dead-limit to keep more`;
    this.#log.warn(text, { evicted: count });
  }

  async #run(): Promise<void> {
    this.#reportEvicted();
    try {
      await this.#jobs.history.record();
      const { finder, history } = this.#jobs;
      await this.#jobs.engine.handleDue('queues', BITE, this.#stop.signal);
      for (let deleted = BITE; deleted > 0 && !this.#stop.signal.aborted; )
        deleted = (await finder.expireUndo(BITE)) || (await history.expire(BITE));
    } catch (error) {
      // StorageWatch logs storage errors, one line a minute.
      const level = (error as { code?: unknown }).code === 'STORAGE' ? 'debug' : 'error';
      this.#log[level](`cannot store history or delete expired data, next try in a minute: ${String(error)}`);
    }
  }
}
