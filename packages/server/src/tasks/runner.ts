/**
 * All recurring housekeeping: what is due in the four timed places, what is done each minute, and workers that fell silent. Starts and
 * stops as one. Every bite is safe to run on several servers of one store at once, so there is no leader.
 */
import type { Jobs, TimedPlace } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import type { Roster } from '../workers/roster.ts';
import { DueTask, type TaskFigures } from './due-task.ts';
import { MinuteTask } from './minute-task.ts';
import { ReapTask } from './reap-task.ts';

export class Runner {
  readonly #tasks: Record<TimedPlace, DueTask>;
  readonly #minute: MinuteTask;
  readonly #jobs: Jobs;
  readonly #reaper: ReapTask;
  #stopListening: (() => void) | undefined;

  constructor(jobs: Jobs, roster: Roster, { log, deadLimit }: { log: Logger; deadLimit: number }) {
    this.#jobs = jobs;
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
    this.#stopListening = this.#jobs.onDue((place, due) => this.#tasks[place].notice(due));
    this.#reaper.start();
    this.#minute.start();
    await Promise.all(Object.values(this.#tasks).map((task) => task.start()));
  }

  /** The wall clock was set: when the next entries are due is computed anew. */
  async clockSet(): Promise<void> {
    await Promise.all(Object.values(this.#tasks).map((task) => task.renew()));
  }

  async stop(): Promise<void> {
    this.#reaper.stop();
    this.#stopListening?.();
    await Promise.all([...Object.values(this.#tasks), this.#minute].map((task) => task.stop()));
  }

  figures(place: TimedPlace): TaskFigures {
    return this.#tasks[place].figures;
  }
}
