/**
 * Counts errors of the storage by kind since the start, and reports them to listeners. The engine
 * calls `report`; rooms above read the counts or listen.
 *
 * Note: damage and I/O errors stay `current` after a successful commit, because the rest of the
 * store may still be writable.
 */

/** `other`: errors that have nothing to do with the disk, such as a broken constraint. */
export const storageErrorKinds = [
  'locked',
  'full',
  'corrupt',
  'io',
  'gone',
  'log_gone',
  'lock_gone',
  'other',
] as const;
export type StorageErrorKind = (typeof storageErrorKinds)[number];
/** Kinds that stay `current` until something ends them. */
export type LastingKind = Exclude<StorageErrorKind, 'other'>;

/** Files that an open store lost: the worst loss first. */
export const lossKinds = ['gone', 'log_gone', 'lock_gone'] as const;

/** What is wrong and what the operator can do, by kind. */
export const storageAdvice: Readonly<Record<StorageErrorKind, string>> = {
  locked:
    'another program holds the write lock of faktory.db; end that program (a sqlite3 shell, a copy job)',
  full: 'the disk is full; free disk space',
  corrupt:
    'a page of faktory.db is damaged; stop the server, then run faktory salvage (keeps what can be read) or faktory restore (the newest backup)',
  io: 'the disk or its file system refuses to read or write; check the disk, its mount and the system log',
  gone: 'do not stop the server, because only the file that it has open contains the jobs; put that file back, or let the workers finish the jobs and then restore a backup',
  log_gone:
    'stop the server in order (TERM), which saves all jobs; do not kill it, because faktory.db alone lacks the jobs of the last minutes; then start it again',
  lock_gone:
    'no job is lost: restart the server when it suits (TERM, then start), which makes the file again; do not make it by hand, because it would lock nothing',
  other: 'an unexpected error made a commit fail; report it with this log line',
};

/** Listens to storage errors. */
interface StorageListener {
  /** This error made `refused` operations fail; each caller got it. */
  failed(kind: StorageErrorKind, message: string, refused: number): void;
  /** Errors of this kind ended: a commit succeeded, or the lost file is in its place again. */
  recovered(kind: StorageErrorKind): void;
}

const IO_LASTS = 300_000; // ms, how long an I/O error stays current

export class StorageErrors {
  /** Refused operations since the start. */
  readonly counts: Record<StorageErrorKind, number> = {
    locked: 0,
    full: 0,
    corrupt: 0,
    io: 0,
    gone: 0,
    log_gone: 0,
    lock_gone: 0,
    other: 0,
  };
  readonly #failing = new Map<LastingKind, number>();
  readonly #listeners = new Set<StorageListener>();

  /** Counts an error and calls the listeners. */
  report(kind: StorageErrorKind, message: string, refused = 1): void {
    this.counts[kind] += refused;
    if (kind !== 'other') this.#failing.set(kind, performance.now());
    for (const listener of this.#listeners) listener.failed(kind, message, refused);
  }

  /** A commit succeeded, so the disk has space and no other process holds the lock. */
  committed(): void {
    if (this.#failing.size === 0) return;
    this.ended('locked', 'full');
  }

  /** Ends the errors of these kinds that are present. */
  ended(...kinds: LastingKind[]): void {
    const present = kinds.filter((kind) => this.#failing.delete(kind));
    for (const kind of present) for (const listener of this.#listeners) listener.recovered(kind);
  }

  /**
   * The present errors. `locked` and `full` last until a commit succeeds, `io` for 5 minutes after
   * the last one, `gone` and the like until the file is back, `corrupt` until a restart. Of lost files
   * only the worst is present, because the advice for a lesser loss may lose jobs.
   */
  current(): LastingKind[] {
    const io = this.#failing.get('io');
    if (io !== undefined && performance.now() - io > IO_LASTS) this.#failing.delete('io');
    const worst = lossKinds.findIndex((kind) => this.#failing.has(kind));
    const hidden: readonly LastingKind[] = worst < 0 ? [] : lossKinds.slice(worst + 1);
    return [...this.#failing.keys()].filter((kind) => !hidden.includes(kind));
  }

  /** Adds a listener; returns a function that removes it. */
  listen(listener: StorageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
