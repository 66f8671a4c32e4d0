/**
 * How durable a commit is. SQLite runs with `synchronous=NORMAL`: it writes each commit to its log and syncs only at
 * checkpoints, which keeps the file whole. The sync that makes a commit durable is ours, on the same log file:
 * full syncs before any reply leaves; relaxed within a second; off never (and SQLite does not at checkpoints either).
 *
 * Why not SQLite's own `FULL`: its prebuilt form for Node 20 calls fsync, which also writes the file's times; with
 * fdatasync a commit of ten operations took 110 instead of 230 µs on the same disk.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync, readSync } from 'node:fs';
import type { StorageErrors } from '../../engine.ts';
import { kindOf } from './error-kind.ts';
import { BrokenInvariant } from './turn.ts';

export type Sync = 'full' | 'relaxed' | 'off';

/** SQLite's `synchronous` for each. */
export const synchronous: Record<Sync, string> = { full: 'NORMAL', relaxed: 'NORMAL', off: 'OFF' };

const AT_LEAST_EVERY = 1000; // ms
const ROUND_AT = 12; // in the header of the log: https://sqlite.org/fileformat2.html#walformat

/** The write-ahead log, synced as the mode says after each commit. */
export class WalSync {
  readonly #fd: number;
  readonly #mode: Sync;
  readonly #errors: StorageErrors;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #dirty = false;
  readonly #header = Buffer.alloc(4);
  /** Spent in syncs that replies waited for, since the start. */
  seconds = 0;

  constructor(path: string, mode: Sync, errors: StorageErrors) {
    this.#fd = openSync(path, 'r+');
    this.#mode = mode;
    this.#errors = errors;
  }

  /** A commit was written to the log. */
  committed(): void {
    if (this.#mode === 'full') this.#syncNow();
    else if (this.#mode === 'relaxed') this.#syncSoon();
  }

  // After a failed sync nobody knows what the disk holds (the system may drop the pages): only a restart, which reads
  // the log back, can tell.
  #syncNow(): void {
    const started = performance.now();
    try {
      fdatasyncSync(this.#fd);
      this.seconds += (performance.now() - started) / 1000;
    } catch (cause) {
      throw new BrokenInvariant(`the disk refused to sync: ${String(cause)}`, { cause });
    }
  }

  #syncSoon(): void {
    this.#dirty = true;
    if (this.#timer || this.#running) return;
    this.#timer = setTimeout(() => this.#syncInBackground(), AT_LEAST_EVERY / 2);
    this.#timer.unref();
  }

  #syncInBackground(): void {
    this.#timer = undefined;
    this.#dirty = false;
    this.#running = new Promise((resolve) => {
      fdatasync(this.#fd, (error) => {
        this.#running = undefined;
        resolve();
        if (error) this.#errors.report(kindOf(error), `the disk refused to sync: ${error.message}`, 0);
        if (error || this.#dirty) this.#syncSoon(); // what failed is tried again: this mode promised no more
      });
    });
  }

  /** How often the log has started over: a number of its header, which changes with every time. */
  round(): number {
    readSync(this.#fd, this.#header, 0, 4, ROUND_AT);
    return this.#header.readUInt32BE(0);
  }

  async close(): Promise<void> {
    await this.#running;
    clearTimeout(this.#timer);
    closeSync(this.#fd);
  }
}
