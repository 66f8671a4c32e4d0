/**
 * Refuses pushes while less disk space than the reserve is free, and accepts them again when there
 * is more. So fetching and acknowledging, which also write, go on.
 *
 * Space is what is free on the disk plus what is free inside the store, where new jobs go first.
 * The log needs free space on the disk itself.
 *
 * Checks each second, and ten times a second while little is free.
 * Note: pushes are accepted again only at 1.1 times the reserve, because otherwise each job would
 * switch the refusal on and off.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Space } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const checkEvery = 1000; // ms
const checkOften = 100; // ms, while less than twice the reserve is free
const enough = 1.1; // times the reserve: pushes are accepted again
const logNeeds = 16 * 1024 * 1024; // bytes: size of the log's file before a checkpoint

/** The disk and the store on it, in bytes. */
export interface DiskState {
  /** Free bytes on the disk. */
  readonly free: number;
  /** Free bytes on the disk and inside the store. */
  readonly room: number;
  readonly reserve: number;
  /** Whether pushes are refused. */
  readonly low: boolean;
  readonly store: Space;
}

export class DiskWatch {
  readonly #jobs: Jobs;
  readonly #reserve: number;
  readonly #log: Logger;
  #free = Number.POSITIVE_INFINITY;
  #store: Space = { bytes: 0, free: 0, log: 0, canShrink: false };
  #low = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param reserve bytes; 0 refuses nothing */
  constructor(jobs: Jobs, reserve: number, log: Logger) {
    this.#jobs = jobs;
    this.#reserve = reserve;
    this.#log = log;
  }

  get state(): DiskState {
    const room = this.#free + this.#store.free;
    return { free: this.#free, room, reserve: this.#reserve, low: this.#low, store: this.#store };
  }

  /** Whether so little is free that the store should return its unused space. */
  get tight(): boolean {
    return this.#free < this.#reserve * 2;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#check();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * Runs one check after the other, because on a file system that hangs the checks would use up
   * Node's threads for files.
   */
  #arm(): void {
    if (this.#stopped) return;
    const wait = this.#free < this.#reserve * 2 ? checkOften : checkEvery;
    this.#timer = setTimeout(() => void this.#check().then(() => this.#arm()), wait);
    this.#timer.unref();
  }

  #isLow(): boolean {
    const reserve = this.#low ? this.#reserve * enough : this.#reserve;
    if (this.#free + this.#store.free < reserve) return true;
    return this.#free + this.#store.log < Math.min(reserve, logNeeds);
  }

  async #check(): Promise<void> {
    try {
      this.#free = (await this.#jobs.archive.disk()).free;
    } catch {
      return; // the system does not report free space; a write that fails will show it
    }
    try {
      this.#store = await this.#jobs.archive.space();
    } catch {
      // The store cannot be read now: use the last known figures.
    }
    const low = this.#isLow();
    if (low === this.#low) return;
    this.#low = low;
    const inside = this.#store.free > 0 ? ` and ${megabytes(this.#store.free)} MB inside the store` : '';
    const room = `${megabytes(this.#free)} MB are free${inside}, the reserve is ${megabytes(this.#reserve)} MB`;
    if (low) {
      this.#jobs.refusePushes(
        'full',
        new FaktoryError('STORAGE', `storage failed: the disk is nearly full: ${room}; free disk space`),
      );
      this.#log.error(`pushes are refused: ${room}; free disk space. FETCH, ACK and FAIL go on`);
    } else {
      this.#jobs.refusePushes('full', undefined);
      this.#log.warn(`pushes are accepted again: ${room}`);
    }
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);
