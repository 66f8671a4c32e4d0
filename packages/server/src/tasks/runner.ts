/**
 * All recurring housekeeping: what is due in the four timed places, what is done each minute, and workers that fell silent. Starts and
 * stops as one. Every bite is safe to run on several servers of one store at once, so there is no leader.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Jobs, TimedPlace } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import type { Roster } from '../workers/roster.ts';
import { DueTask, type TaskFigures } from './due-task.ts';
import { MinuteTask } from './minute-task.ts';
import { ReapTask } from './reap-task.ts';

const SECOND = 1_000_000; // µs

export class Runner {
  readonly #tasks: Record<TimedPlace, DueTask>;
  readonly #minute: MinuteTask;
  readonly #jobs: Jobs;
  readonly #reaper: ReapTask;
  readonly #log: Logger;
  #stopListening: (() => void) | undefined;
  #stopped = false;

  constructor(jobs: Jobs, roster: Roster, { log, deadLimit }: { log: Logger; deadLimit: number }) {
    this.#jobs = jobs;
    this.#log = log;
    this.#reaper = new ReapTask(roster, log);
    this.#minute = new MinuteTask(jobs, deadLimit, log);
    this.#tasks = {
      scheduled: new DueTask(jobs, 'scheduled', log),
      retries: new DueTask(jobs, 'retries', log),
      working: new DueTask(jobs, 'working', log),
      dead: new DueTask(jobs, 'dead', log),
    };
  }

  async start(): Promise<void> {
    this.#stopListening = this.#jobs.engine.onDue((place, due) => this.#tasks[place].notice(due));
    this.#reaper.start();
    this.#minute.start();
    await Promise.all(Object.values(this.#tasks).map((task) => task.start()));
  }

  /**
   * The wall clock was set by so many microseconds. Runs inside a look at it, before anything is computed from the new time: stored ends
   * move along, then it is computed anew when the next entries are due.
   */
  clockSet(by: Micros): void {
    const how = `${by < 0 ? 'back' : 'forward'} by ${(Math.abs(by) / SECOND).toFixed(1)} s`;
    this.#log.warn(
      `the clock of this machine was set ${how}; leases, reservations and sessions keep their length, scheduled jobs and retries follow the clock`,
    );
    this.#jobs
      .clockSet(by)
      .then(() => Promise.all(Object.values(this.#tasks).map((task) => task.renew())))
      .catch((error: Error) => {
        if (this.#stopped) return;
        const text = `reservations may end at the wrong time: the store did not move them ${how}: ${error.message}`;
        this.#log.error(text);
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#reaper.stop();
    this.#stopListening?.();
    await Promise.all([...Object.values(this.#tasks), this.#minute].map((task) => task.stop()));
  }

  figures(place: TimedPlace): TaskFigures {
    return this.#tasks[place].figures;
  }
}
