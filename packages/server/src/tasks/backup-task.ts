/**
 * Makes a backup when the newest one is older than the plan allows, also after a restart.
 *
 * A backup that fails is logged, reported in `state`, and tried again after 5 minutes. It never
 * ends the server.
 * Note: a steady clock is compared each second. The wall clock may be set, and one long timer would
 * be late after a sleep of the machine.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Backup } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

/** How often backups are made, and how many are stored. */
export interface BackupPlan {
  /** Milliseconds from one backup to the next. */
  readonly every: number;
  /** Number of backups to store; older ones are deleted. */
  readonly keep: number;
}

/** The state of backups since the start. */
export interface BackupState {
  /** When the newest usable backup was made; undefined: there is none. */
  readonly newest: Micros | undefined;
  /** Why the last backup failed; undefined: it did not fail. */
  readonly failure: string | undefined;
}

const lookEvery = 1000; // ms
const againAfter: Micros = 300_000_000; // 5 minutes after a failure: the disk may have space again

export class BackupTask {
  readonly #jobs: Jobs;
  readonly #plan: BackupPlan;
  readonly #log: Logger;
  readonly #madeAt: (backup: Backup) => Micros;
  readonly #steady: () => Micros;
  #state: BackupState = { newest: undefined, failure: undefined };
  /** When the next backup is due, by the steady clock. */
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

  /** Never fails, because the server must start without backups too: then one is due at once. */
  async #findNewest(): Promise<void> {
    try {
      const backups = await this.#jobs.archive.backups();
      const newest = backups.find(({ bad }) => bad === undefined);
      if (newest) this.#made(newest);
      for (const { id, bad } of backups) if (bad) this.#log.warn(`backup ${id} cannot be used: ${bad}`);
    } catch (error) {
      this.#log.error(`cannot list the backups: ${(error as Error).message}`);
    }
  }

  /** Stops the timer. A backup that is being made ends when the engine closes. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #made(backup: Backup): void {
    const newest = this.#madeAt(backup);
    this.#state = { newest, failure: undefined };
    // A backup from the future (the clock was set back) counts as made now.
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
      const wait = Math.min(againAfter, this.#plan.every * 1000);
      this.#due = this.#steady() + wait;
      this.#log.error(`${failure}; older backups are kept, the next try is in ${wait / 1_000_000} s`);
    }
  }
}
