/**
 * Logs storage errors, at most one line a kind and minute, and one line when such errors end.
 *
 * Note: the last line of a kind must be true, or become true within a minute: a reader of the log
 * takes it for the present state.
 */
import { type StorageErrorKind, type StorageErrors, storageAdvice } from '../engine/engine.ts';
import type { Logger } from '../log.ts';

const QUIET = 60_000; // ms between two equal lines of a kind

/** What ended, for kinds that are no commit that fails. */
const mended: Partial<Record<StorageErrorKind, string>> = {
  gone: 'faktory.db is in its place again, no push is refused for it any more',
  log_gone: 'faktory.db-wal is in its place again, no push is refused for it any more',
  lock_gone: 'faktory.lock is in its place again: no second server can start on this folder',
};

interface LoggedError {
  failedAt: number;
  /** Refused operations that no line has counted yet. */
  unlogged: number;
  recoveredAt?: number;
  /** Whether the last line says that the errors ended. */
  recovered: boolean;
  /** Waits to say so. */
  timer?: NodeJS.Timeout | undefined;
}

export class StorageWatch {
  readonly #errors: StorageErrors;
  readonly #log: Logger;
  /** The last logged error of each kind. */
  readonly #logged = new Map<StorageErrorKind, LoggedError>();

  constructor(errors: StorageErrors, log: Logger) {
    this.#errors = errors;
    this.#log = log;
    errors.listen({
      failed: (kind, message, refused) => this.#failed(kind, message, refused),
      recovered: (kind) => this.#recovered(kind),
    });
  }

  #failed(kind: StorageErrorKind, message: string, refused: number): void {
    const last = this.#logged.get(kind) ?? { failedAt: -QUIET, unlogged: 0, recovered: true };
    this.#logged.set(kind, last);
    clearTimeout(last.timer);
    last.timer = undefined;
    last.unlogged += refused;
    if (!last.recovered && performance.now() - last.failedAt < QUIET) return;
    last.failedAt = performance.now();
    last.recovered = false;
    this.#log.error(`storage failed: ${message}; ${storageAdvice[kind]}`, fieldsOf(kind, last));
  }

  /** At most once a minute, so that an error that comes and goes does not fill the log. */
  #recovered(kind: StorageErrorKind): void {
    const last = this.#logged.get(kind);
    if (!last || last.recovered || last.timer) return;
    const wait = (last.recoveredAt ?? -QUIET) + QUIET - performance.now();
    if (wait <= 0) {
      this.#logRecovery(kind, last);
      return;
    }
    last.timer = setTimeout(() => this.#logRecovery(kind, last), wait);
    last.timer.unref();
  }

  #logRecovery(kind: StorageErrorKind, last: LoggedError): void {
    last.timer = undefined;
    last.recovered = true;
    last.recoveredAt = performance.now();
    const left = this.#errors.current();
    const text = mended[kind] ?? 'commits succeed again';
    this.#log.warn(
      left.length === 0 ? text : `${text}; other storage errors remain: ${left.join(', ')}`,
      fieldsOf(kind, last),
    );
  }
}

/** Counts the operations that no line has counted. No commit fails because a file lost its name. */
function fieldsOf(kind: StorageErrorKind, last: LoggedError): Record<string, unknown> {
  const refused = last.unlogged;
  last.unlogged = 0;
  return mended[kind] === undefined ? { kind, refused } : { kind };
}
