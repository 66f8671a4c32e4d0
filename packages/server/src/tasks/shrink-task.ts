/**
 * Gives room that jobs no longer use back to the file system, in bites, while the server serves.
 *
 * Room that was free for a whole minute is given back, but for a part that is kept for the next jobs: a queue that fills and empties
 * all the time moves no pages for it. Where the disk is nearly full, all free room is given back at once.
 * Note: it takes a fifth of the time at most, because each bite is a commit that others wait for.
 */
import type { Jobs } from '../jobs/jobs.ts';

const LOOK_EVERY = 1000; // ms
const MINUTE = 60; // looks
const BITE = 512 * 1024; // bytes in one commit: some ms
const KEEP_LEAST = 8 * 1024 * 1024; // bytes
const KEEP_SHARE = 0.1; // of the file
const WORTH = 1024 * 1024; // bytes
const REST = 4; // times as long as a bite took
const LONG_LOG = 32 * 1024 * 1024; // bytes; the log starts over at 16 MB unless somebody reads or one commit is large

export class ShrinkTask {
  readonly #jobs: Jobs;
  /** Whether the disk is nearly full. */
  readonly #isTight: () => boolean;
  /** Free bytes at the last looks. */
  readonly #free: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(jobs: Jobs, isTight: () => boolean) {
    this.#jobs = jobs;
    this.#isTight = isTight;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #look(): void {
    if (this.#running) return;
    // A store that takes no commits keeps its room; the error is told by whoever meets it, and the next look is in a second.
    this.#running = this.#run()
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #run(): Promise<void> {
    const { bytes, free, log, canShrink } = await this.#jobs.archive.space();
    this.#free.push(free);
    if (this.#free.length > MINUTE) this.#free.shift();
    const tight = this.#isTight();
    const spare = tight ? free : this.#spare(bytes);
    const given = canShrink && spare >= WORTH ? await this.#give(spare) : 0;
    if (given > 0 || log > LONG_LOG) await this.#jobs.archive.emptyLog();
  }

  /** What was free all the time, without what is kept. */
  #spare(bytes: number): number {
    if (this.#free.length < MINUTE) return 0;
    return Math.min(...this.#free) - Math.max(KEEP_LEAST, bytes * KEEP_SHARE);
  }

  async #give(bytes: number): Promise<number> {
    let given = 0;
    while (given < bytes && !this.#stopped) {
      const started = performance.now();
      const bite = await this.#jobs.archive.shrink(Math.min(BITE, bytes - given));
      if (bite === 0) break;
      given += bite;
      const rest = (performance.now() - started) * REST;
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
    this.#free.length = 0;
    return given;
  }
}
