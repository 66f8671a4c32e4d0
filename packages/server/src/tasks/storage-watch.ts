/**
 * Logs storage errors, at most one line a kind and minute, and one line when commits succeed again.
 */
import { type StorageErrorKind, type StorageErrors, storageAdvice } from '../engine/engine.ts';
import type { Logger } from '../log.ts';

const QUIET = 60_000; // ms between two lines of the same kind

interface LoggedError {
  readonly at: number;
  /** Refused operations that no line has counted yet. */
  unlogged: number;
  recovered: boolean;
}

export class StorageWatch {
  readonly #log: Logger;
  /** The last logged error of each kind. */
  readonly #logged = new Map<StorageErrorKind, LoggedError>();

  constructor(errors: StorageErrors, log: Logger) {
    this.#log = log;
    errors.listen({
      failed: (kind, message, refused) => this.#failed(kind, message, refused),
      recovered: (kind) => this.#recovered(kind),
    });
  }

  #failed(kind: StorageErrorKind, message: string, refused: number): void {
    const last = this.#logged.get(kind);
    if (last && performance.now() - last.at < QUIET) {
      last.unlogged += refused;
      return;
    }
    const operations = refused + (last?.unlogged ?? 0);
    this.#logged.set(kind, { at: performance.now(), unlogged: 0, recovered: false });
    this.#log.error(`storage failed: ${message}; ${storageAdvice[kind]}`, { kind, refused: operations });
  }

  /**
   * Logs at most once per logged error, so that an error that comes and goes does not fill the log.
   */
  #recovered(kind: StorageErrorKind): void {
    const last = this.#logged.get(kind);
    if (!last || last.recovered) return;
    last.recovered = true;
    this.#log.warn('commits succeed again', { kind, refused: last.unlogged });
    last.unlogged = 0;
  }
}
