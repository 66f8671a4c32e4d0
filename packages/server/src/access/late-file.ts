/**
 * A file that is replaced at most once a second, without making the main thread wait for the disk. The last state wins.
 *
 * Note: a crash loses the changes of the last second.
 */
import { replaceOwnedLater } from '../owned-file.ts';

const EVERY = 1000; // ms from the start of a write to the start of the next

export class LateFile {
  readonly #write: () => Promise<void>;
  readonly #failed: (error: Error) => void;
  #changed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `failed` is called for a write that failed; the next change tries again. */
  constructor(
    path: string,
    text: () => string,
    failed: (error: Error) => void,
    write = (): Promise<void> => replaceOwnedLater(path, text()),
  ) {
    this.#write = write;
    this.#failed = failed;
  }

  /** Writes the state soon. */
  changed(): void {
    this.#changed = true;
    if (this.#timer) return;
    void this.#writeNow();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#changed) this.changed();
    }, EVERY).unref();
  }

  /** Writes what is not on disk yet. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writeNow();
  }

  /** One write at a time: the new file has one name. */
  #writeNow(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (!this.#changed) return;
      this.#changed = false;
      await this.#write().catch(this.#failed);
    });
    return this.#writing;
  }
}
