/**
 * Refuses pushes while a file of the running store is deleted or replaced.
 *
 * Note: commits still succeed then, because the process has the deleted file open. All jobs would
 * be lost when the server stops.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Jobs } from '../jobs/jobs.ts';

const EVERY = 1000; // ms

export class FileWatch {
  readonly #jobs: Jobs;
  #gone = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  start(): void {
    this.#stopped = false;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Checks the files once. */
  async check(): Promise<void> {
    const gone = await this.#jobs.archive.lostFile();
    if (gone !== undefined) {
      const text = `${gone} was deleted or replaced while the server runs`;
      this.#jobs.engine.storageErrors.report('gone', text, 0);
      if (!this.#gone)
        this.#jobs.refusePushes('gone', new FaktoryError('STORAGE', `storage failed: ${text}`));
    } else if (this.#gone) {
      this.#jobs.engine.storageErrors.ended('gone');
      this.#jobs.refusePushes('gone', undefined);
    }
    this.#gone = gone !== undefined;
  }

  #arm(): void {
    if (this.#stopped) return;
    const check = (): void =>
      void this.check().then(
        () => this.#arm(),
        () => this.#arm(),
      ); // a closed store has no files to check
    this.#timer = setTimeout(check, EVERY);
    this.#timer.unref();
  }
}
