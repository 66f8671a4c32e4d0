/**
 * Notices that the store or its lock was deleted or replaced under the running server. The system keeps an open file alive without its
 * name, so every commit would go on to succeed, and all jobs would be gone at the stop: pushes are refused instead.
 */
import { stat } from 'node:fs/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Jobs } from '../jobs/jobs.ts';

const EVERY = 1000; // ms

/** Tells which file a name means now: undefined = none. Rejects where the system cannot tell. */
export type Identify = (path: string) => Promise<string | undefined>;

export class FileWatch {
  readonly #jobs: Jobs;
  readonly #paths: readonly string[];
  readonly #identify: Identify;
  readonly #opened = new Map<string, string | undefined>();
  #gone = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param paths the files that the server holds open */
  constructor(jobs: Jobs, paths: readonly string[], identify: Identify = identityOf) {
    this.#jobs = jobs;
    this.#paths = paths;
    this.#identify = identify;
  }

  /** Takes the files as they are now for those that the server opened. */
  async start(): Promise<void> {
    this.#stopped = false;
    for (const path of this.#paths) this.#opened.set(path, await this.#identify(path).catch(() => undefined));
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks once. */
  async check(): Promise<void> {
    const gone = await this.#firstGone();
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

  async #firstGone(): Promise<string | undefined> {
    for (const [path, opened] of this.#opened) {
      if (opened === undefined) continue;
      try {
        if ((await this.#identify(path)) !== opened) return path;
      } catch {
        // A folder that cannot be looked at just now says nothing about the file.
      }
    }
    return undefined;
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.check().then(() => this.#arm()), EVERY);
    this.#timer.unref();
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
