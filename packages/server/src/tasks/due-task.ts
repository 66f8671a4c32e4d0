/**
 * Handles the due entries of one timed place when they are due, in bites of one commit each. Other
 * operations run between the bites.
 *
 * The timer is set for the next due entry. A timer runs for at most 25 ms and then compares the
 * wall clock with the due time. So a step of the clock, a sleep of the machine or a moved test
 * clock causes a delay of 25 ms at most.
 * Note: each second the store is also asked for its next due time, because `onDue` does not report
 * entries of another server.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { DuePlace, Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const LONGEST_TIMER = 25; // ms
const ASK_EVERY = 1000; // ms
// Entries in one commit. Promoting is one statement: 10,000 due entries take 40 ms in bites of
// 5,000 and 60 ms in bites of 500. Expired reservations are decided one by one; dead entries can
// wait.
const BITE: Record<DuePlace, number> = {
  scheduled: 5000,
  retries: 5000,
  working: 500,
  dead: 500,
  ends: 200,
};
const AFTER_ERROR = 1000; // ms until the next try

/** Figures of a task since the start, for INFO. */
export interface TaskFigures {
  /** Number of runs. */
  readonly cycles: number;
  /** Number of entries handled. */
  readonly moved: number;
  /** Time of all runs. */
  readonly seconds: number;
}

export class DueTask {
  readonly #jobs: Jobs;
  readonly #place: DuePlace;
  readonly #log: Logger;
  #due: Micros | undefined;
  #timer: NodeJS.Timeout | undefined;
  #floor: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #figures = { cycles: 0, moved: 0, seconds: 0 };

  constructor(jobs: Jobs, place: DuePlace, log: Logger) {
    this.#jobs = jobs;
    this.#place = place;
    this.#log = log;
  }

  get figures(): TaskFigures {
    return this.#figures;
  }

  /** Asks for the next due time and sets the timer. */
  async start(): Promise<void> {
    this.#due = await this.#jobs.engine.nextDue(this.#place);
    this.#floor = setInterval(() => void this.#ask(), ASK_EVERY);
    this.#floor.unref();
    this.#arm();
  }

  async #ask(): Promise<void> {
    if (this.#running) return; // the run asks at its end
    try {
      const due = await this.#jobs.engine.nextDue(this.#place);
      if (due !== undefined && !this.#stopped) this.notice(due);
    } catch {
      // Ignored: if the store stays broken, the next run logs its error.
    }
  }

  /** The wall clock was set: asks for the next due time again. */
  async renew(): Promise<void> {
    try {
      this.#due = await this.#jobs.engine.nextDue(this.#place);
    } catch {
      this.#due = this.#jobs.engine.clock(); // the run gets the error again and logs it
    }
    if (!this.#running) this.#arm();
  }

  /** Reports that an entry due at `due` entered the place. */
  notice(due: Micros): void {
    if (this.#due !== undefined && this.#due <= due) return;
    this.#due = due;
    if (!this.#running) this.#arm();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#floor);
    clearTimeout(this.#timer);
    await this.#running;
  }

  #arm(wait = 0): void {
    clearTimeout(this.#timer);
    if (this.#due === undefined || this.#stopped) return;
    const left = (this.#due - this.#jobs.engine.clock()) / 1000;
    this.#timer = setTimeout(() => this.#check(), Math.max(wait, Math.min(Math.ceil(left), LONGEST_TIMER)));
  }

  #check(): void {
    if (this.#due === undefined || this.#jobs.engine.clock() < this.#due) {
      this.#arm();
      return;
    }
    this.#running = this.#run().then((wait) => {
      this.#running = undefined;
      this.#arm(wait);
    });
  }

  /** Handles all due entries. Returns the milliseconds to wait before the next run. */
  async #run(): Promise<number> {
    const started = performance.now();
    const task = this.#figures;
    task.cycles += 1;
    try {
      const bite = BITE[this.#place];
      for (let moved = bite; moved === bite && !this.#stopped; ) {
        moved = await this.#jobs.settleDue(this.#place, bite);
        task.moved += moved;
      }
      this.#due = undefined;
      const next = await this.#jobs.engine.nextDue(this.#place);
      if (next !== undefined) this.notice(next);
      return 0;
    } catch (error) {
      // StorageWatch logs storage errors, one line a minute.
      const level = (error as { code?: unknown }).code === 'STORAGE' ? 'debug' : 'error';
      this.#log[level](`cannot handle the due entries of ${this.#place}, next try in 1 s: ${String(error)}`);
      this.#due = this.#jobs.engine.clock();
      return AFTER_ERROR;
    } finally {
      task.seconds += (performance.now() - started) / 1000;
    }
  }
}
