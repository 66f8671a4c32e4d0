/**
 * Logs storage errors: one line a kind and minute, with what to do, and one when commits succeed again.
 */
import { type StorageErrorKind, type StorageErrors, storageAdvice } from '../engine/engine.ts';
import type { Logger } from '../log.ts';

const QUIET = 60_000; // ms after a line of the same kind

interface Line {
  readonly at: number;
  /** Refused operations since the line. */
  unsaid: number;
  recovered: boolean;
}

export class StorageWatch {
  readonly #log: Logger;
  /** The last line of each kind. */
  readonly #lines = new Map<StorageErrorKind, Line>();

  constructor(errors: StorageErrors, log: Logger) {
    this.#log = log;
    errors.listen({
      failed: (kind, message, refused) => this.#failed(kind, message, refused),
      recovered: (kind) => this.#recovered(kind),
    });
  }

  #failed(kind: StorageErrorKind, message: string, refused: number): void {
    const last = this.#lines.get(kind);
    if (last && performance.now() - last.at < QUIET) {
      last.unsaid += refused;
      return;
    }
    const operations = refused + (last?.unsaid ?? 0);
    this.#lines.set(kind, { at: performance.now(), unsaid: 0, recovered: false });
    this.#log.error(`storage failed: ${message}; ${storageAdvice[kind]}`, { kind, refused: operations });
  }

  /** At most once for each line of an error, so that a fault that comes and goes fills no log. */
  #recovered(kind: StorageErrorKind): void {
    const last = this.#lines.get(kind);
    if (!last || last.recovered) return;
    last.recovered = true;
    this.#log.warn('the store takes commits again', { kind, refused: last.unsaid });
    last.unsaid = 0;
  }
}
