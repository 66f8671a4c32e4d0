/**
 * Does what is due in one timed place, when it is due: the timer is set for the next entry, not for a scan.
 *
 * No timer runs longer than 25 ms, and each compares the wall clock with the due time: so a step of the clock, a
 * sleep of the machine or a moved test clock delays nothing by more than that. Each second the store is asked anew: entries of another
 * server, or of one that died, come without a notice.
 * Work is done in bites, each one commit, so others are served in between.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Jobs, TimedPlace } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const LONGEST_TIMER = 25; // ms
const LOOK_EVERY = 1000; // ms
// Entries in one commit. Promoting is one statement: 10,000 due at once take 40 ms in bites of 5,000, 60 ms in
// bites of 500. Expiring decides entry by entry, and dead entries are in no hurry.
const BITE: Record<TimedPlace, number> = { scheduled: 5000, retries: 5000, working: 500, dead: 500 };
const AFTER_ERROR = 1000; // ms

/** What INFO tells of a task since the start. */
export interface TaskFigures {
  /** Runs that found something due. */
  readonly cycles: number;
  /** Entries moved. */
  readonly moved: number;
  readonly seconds: number;
}

export class DueTask {
  readonly #jobs: Jobs;
  readonly #place: TimedPlace;
  readonly #log: Logger;
  #due: Micros | undefined;
  #timer: NodeJS.Timeout | undefined;
  #floor: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #figures = { cycles: 0, moved: 0, seconds: 0 };

  constructor(jobs: Jobs, place: TimedPlace, log: Logger) {
    this.#jobs = jobs;
    this.#place = place;
    this.#log = log;
  }

  get figures(): TaskFigures {
    return this.#figures;
  }

  /** Looks what is due and sets the timer. */
  async start(): Promise<void> {
    this.#due = await this.#jobs.engine.nextDue(this.#place);
    this.#floor = setInterval(() => void this.#look(), LOOK_EVERY);
    this.#floor.unref();
    this.#arm();
  }

  async #look(): Promise<void> {
    if (this.#running) return; // it asks at its end
    try {
      const due = await this.#jobs.engine.nextDue(this.#place);
      if (due !== undefined && !this.#stopped) this.notice(due);
    } catch {
      // The next run finds out why, and logs it.
    }
  }

  /** The wall clock was set: looks anew. */
  async renew(): Promise<void> {
    try {
      this.#due = await this.#jobs.engine.nextDue(this.#place);
    } catch {
      this.#due = this.#jobs.engine.clock(); // the run finds out why, and says it
    }
    if (!this.#running) this.#arm();
  }

  /** An entry due at `due` came in. */
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

  /** Does all that is due. Gives the milliseconds to wait before the next run. */
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
      // The storage's own errors have their lines, one a minute.
      const level = (error as { code?: unknown }).code === 'STORAGE' ? 'debug' : 'error';
      this.#log[level](`cannot work on what is due in ${this.#place}, trying again: ${String(error)}`);
      this.#due = this.#jobs.engine.clock();
      return AFTER_ERROR;
    } finally {
      task.seconds += (performance.now() - started) / 1000;
    }
  }
}
