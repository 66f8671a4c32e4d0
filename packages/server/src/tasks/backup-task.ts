/**
 * Backups at their time: so long after the newest one that there is, also when that was made before a restart.
 *
 * A stranger would get wrong that the clock is looked at each second instead of one long timer being set, and that it is one that nobody
 * sets: so a step of the wall clock changes nothing. It must never end the server: a backup that fails is logged, kept in `state`, and tried
 * again soon.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Backup } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

/** When backups are made, and how many are kept. */
export interface BackupPlan {
  /** Milliseconds from one to the next. */
  readonly every: number;
  readonly keep: number;
}

/** What came of the backups since the start. */
export interface BackupState {
  /** When the newest backup was made; undefined: there is none. */
  readonly newest: Micros | undefined;
  /** Why the last try failed; undefined: it did not. */
  readonly failure: string | undefined;
}

const lookEvery = 1000; // ms
const againAfter: Micros = 300_000_000; // after a failure: the disk may have room again

export class BackupTask {
  readonly #jobs: Jobs;
  readonly #plan: BackupPlan;
  readonly #log: Logger;
  readonly #madeAt: (backup: Backup) => Micros;
  readonly #steady: () => Micros;
  #state: BackupState = { newest: undefined, failure: undefined };
  /** By the steady clock. */
  #due: Micros = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    jobs: Jobs,
    plan: BackupPlan,
    log: Logger,
    madeAt: (backup: Backup) => Micros,
    steady: () => Micros = () => jobs.engine.clock(),
  ) {
    this.#steady = steady;
    this.#jobs = jobs;
    this.#plan = plan;
    this.#log = log;
    this.#madeAt = madeAt;
  }

  get state(): BackupState {
    return this.#state;
  }

  async start(): Promise<void> {
    await this.#findNewest();
    this.#timer = setInterval(() => this.#look(), lookEvery);
    this.#look();
  }

  /** A start never depends on a backup: where none can be found, the next one is due at once. */
  async #findNewest(): Promise<void> {
    try {
      const backups = await this.#jobs.archive.backups();
      const newest = backups.find(({ bad }) => bad === undefined);
      if (newest) this.#made(newest);
      for (const { id, bad } of backups) if (bad) this.#log.warn(`backup ${id} cannot be used: ${bad}`);
    } catch (error) {
      this.#log.error(`the backups cannot be listed: ${(error as Error).message}`);
    }
  }

  /** A backup that is being made is given up when the engine closes. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #made(backup: Backup): void {
    const newest = this.#madeAt(backup);
    this.#state = { newest, failure: undefined };
    // A clock that was set must neither put the next one off nor bring it forward.
    const age = Math.max(this.#jobs.engine.clock() - newest, 0);
    this.#due = this.#steady() + this.#plan.every * 1000 - age;
  }

  #look(): void {
    if (this.#running || this.#steady() < this.#due) return;
    this.#running = this.#make().finally(() => {
      this.#running = undefined;
    });
  }

  async #make(): Promise<void> {
    const started = performance.now();
    try {
      const backup = await this.#jobs.archive.backup(this.#plan.keep);
      this.#made(backup);
      const { id, bytes, jobs } = backup;
      const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
      this.#log.info(`backup ${id} made and checked`, { bytes, ...jobs, seconds });
    } catch (error) {
      if ((error as { code?: string }).code === 'SHUTDOWN') return;
      const failure = (error as Error).message;
      this.#state = { ...this.#state, failure };
      this.#due = this.#steady() + Math.min(againAfter, this.#plan.every * 1000);
      this.#log.error(`${failure}; older backups are kept, the next try is in five minutes`);
    }
  }
}
