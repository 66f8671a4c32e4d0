/**
 * Returns unused space of the store to the file system, in bites, while the server runs.
 *
 * Space that was free for a whole minute is returned, except a reserve for new jobs. So a queue
 * that fills and empties all the time moves no pages. If the disk is nearly full, all free space is
 * returned at once.
 * Note: it rests four times as long as each bite took, because other operations wait for the commit
 * of a bite.
 */
import type { Jobs } from '../jobs/jobs.ts';

const CHECK_EVERY = 1000; // ms
const MINUTE = 60; // checks, one a second
const BITE = 512 * 1024; // bytes in one commit, which takes some ms
const KEEP_LEAST = 8 * 1024 * 1024; // bytes: free space that stays in it
const KEEP_SHARE = 0.1; // of the file: free space that stays in it
const WORTH = 1024 * 1024; // bytes; less is not worth a commit
const REST = 4; // times the duration of a bite
// Bytes. The log starts over at 16 MB, unless a reader runs or one commit is large.
const LONG_LOG = 32 * 1024 * 1024;

export class ShrinkTask {
  readonly #jobs: Jobs;
  /** Whether the disk is nearly full. */
  readonly #isTight: () => boolean;
  /** Free bytes inside the store at the last checks, up to 60. */
  readonly #free: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(jobs: Jobs, isTight: () => boolean) {
    this.#jobs = jobs;
    this.#isTight = isTight;
  }

  start(): void {
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #check(): void {
    if (this.#running) return;
    // An error is ignored: other callers report it, and the next check is in one second.
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

  /** The space that was free for the whole minute, without the reserve for new jobs. */
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
