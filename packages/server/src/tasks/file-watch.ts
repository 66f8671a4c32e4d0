/**
 * Refuses pushes while a file of the store is deleted or replaced under the running server: commits would succeed, and all jobs would be
 * gone at the stop.
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

  /** Looks once. */
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
    const look = (): void =>
      void this.check().then(
        () => this.#arm(),
        () => this.#arm(),
      ); // a closed store has none
    this.#timer = setTimeout(look, EVERY);
    this.#timer.unref();
  }
}
