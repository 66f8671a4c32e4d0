/**
 * What is done once a minute: history is written, evicted dead jobs are reported, and what was kept for a time is deleted, in bites, so
 * that others are served in between. It must never hold up the stop of the server for longer than one bite.
 *
 * The wall clock is compared each second, so a step of it or a moved test clock delays nothing by more than that.
 */
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const MINUTE = 60_000_000; // µs
const LOOK_EVERY = 1000; // ms
const BITE = 500; // rows in one commit: some ms

export class MinuteTask {
  readonly #jobs: Jobs;
  readonly #deadLimit: number;
  readonly #log: Logger;
  #evicted = 0;
  #minute: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(jobs: Jobs, deadLimit: number, log: Logger) {
    this.#jobs = jobs;
    this.#deadLimit = deadLimit;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
    this.#reportEvicted();
  }

  #look(): void {
    const minute = Math.floor(this.#jobs.engine.clock() / MINUTE);
    if (minute === this.#minute || this.#running) return;
    this.#minute = minute;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** One line a minute, however many there were. */
  #reportEvicted(): void {
    const { evicted } = this.#jobs.engine.meter;
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
      for (let gone = BITE; gone > 0 && !this.#stopped; )
        gone = (await finder.expireUndo(BITE)) || (await history.expire(BITE));
    } catch (error) {
      // The storage's own errors have their lines, one a minute.
      const level = (error as { code?: unknown }).code === 'STORAGE' ? 'debug' : 'error';
      this.#log[level](
        `cannot write history or delete what is too old, trying again in a minute: ${String(error)}`,
      );
    }
  }
}
