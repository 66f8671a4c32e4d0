/**
 * Keeps some of the disk free: below the reserve, pushes are refused, so that fetching and acknowledging, which also write, go on; and
 * they are taken again by themselves when there is room.
 *
 * Room is what is free on the disk and what is free inside the store, for new jobs go there first. The log needs the disk itself.
 *
 * It looks by itself, each second, and more often when little is free. Note: pushes are taken again only when more than the reserve is
 * free, because else they would be refused and taken with every job.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Space } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const lookEvery = 1000; // ms
const lookCloser = 100; // ms, while less than twice the reserve is free
const enough = 1.1; // of the reserve
const logNeeds = 16 * 1024 * 1024; // bytes from one checkpoint to the next, the log's own file included

/** The disk and the store on it, in bytes. */
export interface DiskState {
  /** Free on the disk. */
  readonly free: number;
  /** The same and what is free inside the store: room for jobs. */
  readonly room: number;
  readonly reserve: number;
  /** Pushes are refused. */
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

  /** Whether so little is free that the store should give back what it can. */
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

  /** One look after the other: on a file system that hangs they would fill the threads that Node has for files. */
  #arm(): void {
    if (this.#stopped) return;
    const wait = this.#free < this.#reserve * 2 ? lookCloser : lookEvery;
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
      return; // a system that does not tell: the store says it when a write fails
    }
    try {
      this.#store = await this.#jobs.archive.space();
    } catch {
      // A store that cannot be read just now: what was known of it counts on.
    }
    const low = this.#isLow();
    if (low === this.#low) return;
    this.#low = low;
    const inside = this.#store.free > 0 ? ` and ${megabytes(this.#store.free)} MB inside the store` : '';
    const room = `${megabytes(this.#free)} MB are free${inside}, the reserve is ${megabytes(this.#reserve)} MB`;
    if (low) {
      this.#jobs.refusePushes(
        'full',
        new FaktoryError('STORAGE', `storage failed: the disk is nearly full: ${room}; free the disk`),
      );
      this.#log.error(
        `pushes are refused: ${room}; free the disk. What is there is still handed out and acknowledged`,
      );
    } else {
      this.#jobs.refusePushes('full', undefined);
      this.#log.warn(`pushes are taken again: ${room}`);
    }
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);
