/**
 * Refuses pushes while the running store or its log is deleted or replaced, and reports a deleted
 * lock.
 *
 * Note: commits still succeed then, because the process has the deleted file open. Without the store
 * all jobs are lost when the server stops; without the log the newest ones when it is killed.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { type LostFile, lossKinds } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';

const EVERY = 1000; // ms

export class FileWatch {
  readonly #jobs: Jobs;
  #lost: LostFile['kind'] | undefined;
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
    const { engine, archive } = this.#jobs;
    const lost = await archive.lostFile();
    const before = this.#lost;
    this.#lost = lost?.kind;
    const { storageErrors } = engine.figures;
    if (lost !== undefined) {
      const text = `${lost.path} was deleted or replaced while the server runs`;
      storageErrors.report(lost.kind, text, 0);
      // Without the lock file no job is at risk.
      if (before !== lost.kind && lost.kind !== 'lock_gone')
        this.#jobs.refusePushes('gone', new FaktoryError('STORAGE', `storage failed: ${text}`));
    }
    const atRisk = lost !== undefined && lost.kind !== 'lock_gone';
    if (before !== undefined && before !== lost?.kind && !atRisk) this.#jobs.refusePushes('gone', undefined);
    // A lesser loss than this one may have ended or not: that is known when this one ended.
    storageErrors.ended(
      ...(lost === undefined ? lossKinds : lossKinds.slice(0, lossKinds.indexOf(lost.kind))),
    );
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
