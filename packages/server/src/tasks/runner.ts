/**
 * Starts and stops the recurring work as one: due entries of the four timed places, deadlines, the work of
 * each minute, the removal of silent workers, and the tasks of features.
 *
 * Several servers on one store may run each bite at the same time, so there is no leader.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { FeatureTask } from '../jobs/feature.ts';
import type { DuePlace, Jobs, TimedPlace } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import type { Roster } from '../workers/roster.ts';
import { DueTask, type TaskFigures } from './due-task.ts';
import { FeatureTaskRun } from './feature-task.ts';
import { MinuteTask } from './minute-task.ts';
import { ReapTask } from './reap-task.ts';

const SECOND = 1_000_000; // µs

export interface RunnerOptions {
  readonly log: Logger;
  readonly deadLimit: number;
  /** Tasks of features. */
  readonly tasks: readonly FeatureTask[];
  /** Measures their spans. */
  readonly steady: () => Micros;
}

export class Runner {
  readonly #tasks: Record<DuePlace, DueTask>;
  readonly #minute: MinuteTask;
  readonly #ofFeatures: readonly FeatureTaskRun[];
  readonly #jobs: Jobs;
  readonly #reaper: ReapTask;
  readonly #log: Logger;
  #stopListening: (() => void) | undefined;
  #stopped = false;

  constructor(jobs: Jobs, roster: Roster, { log, deadLimit, tasks, steady }: RunnerOptions) {
    this.#jobs = jobs;
    this.#log = log;
    this.#reaper = new ReapTask(roster, log);
    this.#minute = new MinuteTask(jobs, deadLimit, log);
    this.#ofFeatures = tasks.map((task) => new FeatureTaskRun(task, jobs.services, steady));
    this.#tasks = {
      scheduled: new DueTask(jobs, 'scheduled', log),
      retries: new DueTask(jobs, 'retries', log),
      working: new DueTask(jobs, 'working', log),
      dead: new DueTask(jobs, 'dead', log),
      ends: new DueTask(jobs, 'ends', log),
    };
  }

  async start(): Promise<void> {
    this.#stopListening = this.#jobs.engine.onDue((place, due) => this.#tasks[place].notice(due));
    this.#reaper.start();
    this.#minute.start();
    await Promise.all(Object.values(this.#tasks).map((task) => task.start()));
    for (const task of this.#ofFeatures) task.start();
  }

  /**
   * The wall clock was set by this many microseconds: moves the stored ends of reservations, then
   * asks for the next due times again.
   * Note: the reader of the clock calls this before it returns the new time, so that no decision
   * uses the new time with the old ends.
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
    const tasks = [...Object.values(this.#tasks), this.#minute, ...this.#ofFeatures];
    await Promise.all(tasks.map((task) => task.stop()));
  }

  figures(place: TimedPlace): TaskFigures {
    return this.#tasks[place].figures;
  }
}
