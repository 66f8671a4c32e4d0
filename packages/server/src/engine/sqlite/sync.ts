/**
 * How durable a commit is, and the background sync of `relaxed`.
 *
 * full: every commit is synced before its replies leave. relaxed: a commit reaches the operating system at once and
 * the disk within a second, so a crash of the process loses nothing and a power cut at most that second. off: the
 * operating system decides.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';

export type Sync = 'full' | 'relaxed' | 'off';

/** SQLite's `synchronous` for each. NORMAL syncs at checkpoints only, which keeps the file whole. */
export const synchronous: Record<Sync, string> = { full: 'FULL', relaxed: 'NORMAL', off: 'OFF' };

const EVERY = 1000; // ms

/** Syncs the write-ahead log in the background, at most a second after it was written. */
export class WalSync {
  readonly #fd: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #written = false;

  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  /** A commit was written: sync soon. */
  written(): void {
    this.#written = true;
    if (this.#timer || this.#running) return;
    this.#timer = setTimeout(() => this.#sync(), EVERY / 2);
    this.#timer.unref();
  }

  #sync(): void {
    this.#timer = undefined;
    this.#written = false;
    this.#running = new Promise((resolve) => {
      fdatasync(this.#fd, (error) => {
        this.#running = undefined;
        // A failed sync is tried again with the next; the commit itself was already answered by this mode's promise.
        if (error || this.#written) this.written();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
    clearTimeout(this.#timer);
    closeSync(this.#fd);
  }
}
