/**
 * Keeps some of the disk free: below the reserve, pushes are refused, so that fetching and acknowledging, which also write, go on; and
 * they are taken again by themselves when there is room.
 *
 * Room is what is free on the disk and what is free inside the store, for new jobs go there first. The log needs the disk itself.
 *
 * It must never be in the way of a push: it looks by itself, each second, and more often when little is free. A stranger would get wrong that more than the reserve must be
 * free before pushes are taken again: else they would come and go with every job.
 */
import { statfs } from 'node:fs/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Space } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';

const lookEvery = 1000; // ms
const lookCloser = 100; // ms, while less than twice the reserve is free
const enough = 1.1; // of the reserve
const logNeeds = 16 * 1024 * 1024; // bytes from one checkpoint to the next, the log's own file included

/** Tells the free bytes where a folder is. */
export type Look = (dir: string) => Promise<number>;

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
  readonly #dir: string;
  readonly #reserve: number;
  readonly #log: Logger;
  readonly #look: Look;
  #free = Number.POSITIVE_INFINITY;
  #store: Space = { bytes: 0, free: 0, log: 0, canShrink: false };
  #low = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param reserve bytes; 0 refuses nothing */
  constructor(jobs: Jobs, dir: string, reserve: number, log: Logger, look: Look = freeBytes) {
    this.#jobs = jobs;
    this.#dir = dir;
    this.#reserve = reserve;
    this.#log = log;
    this.#look = look;
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
      this.#free = await this.#look(this.#dir);
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

async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
