/**
 * Errors of the storage since the start, by kind: the engine reports each one here, and rooms above read the counts or listen.
 *
 * Note: `current` outlives a successful commit for damage and I/O errors, because one bad page leaves the rest of the store writable.
 */

/** `other` is everything that says nothing about the disk, such as a broken constraint. */
export const storageErrorKinds = ['locked', 'full', 'corrupt', 'io', 'gone', 'other'] as const;
export type StorageErrorKind = (typeof storageErrorKinds)[number];
/** Those that last until something ends them. */
export type LastingKind = Exclude<StorageErrorKind, 'other'>;

/** What is wrong and what an operator can do, by kind. */
export const storageAdvice: Readonly<Record<StorageErrorKind, string>> = {
  locked:
    'another program holds the write lock of faktory.db; end that program (a sqlite3 shell, a copy job)',
  full: 'the disk is full; free the disk',
  corrupt:
    'a page of faktory.db is damaged; stop the server, then run faktory salvage (keeps what can be read) or faktory restore (the newest backup)',
  io: 'the disk or its file system refuses to read or write; check the disk, its mount and the log of the system',
  gone: 'do not stop the server, for its jobs are only in the file that it holds open; put that file back, or let workers finish the jobs and then restore a backup',
  other: 'an unexpected error refused a commit; report it with this line',
};

/** What listeners hear. */
interface StorageListener {
  /** `refused` operations failed with this error; their callers were answered with it. */
  failed(kind: StorageErrorKind, message: string, refused: number): void;
  /** A commit succeeded after errors of this kind. */
  recovered(kind: StorageErrorKind): void;
}

const IO_LASTS = 300_000; // ms after the last I/O error

export class StorageErrors {
  /** Refused operations since the start. */
  readonly counts: Record<StorageErrorKind, number> = {
    locked: 0,
    full: 0,
    corrupt: 0,
    io: 0,
    gone: 0,
    other: 0,
  };
  readonly #failing = new Map<LastingKind, number>();
  readonly #listeners = new Set<StorageListener>();

  /** Counts an error and tells listeners. */
  report(kind: StorageErrorKind, message: string, refused = 1): void {
    this.counts[kind] += refused;
    if (kind !== 'other') this.#failing.set(kind, performance.now());
    for (const listener of this.#listeners) listener.failed(kind, message, refused);
  }

  /** A commit succeeded: the disk has room again, and nobody holds the lock. Costs nothing while all is well. */
  committed(): void {
    if (this.#failing.size === 0) return;
    for (const kind of ['locked', 'full'] as const) this.ended(kind);
  }

  /** An error of this kind is over. */
  ended(kind: LastingKind): void {
    if (!this.#failing.delete(kind)) return;
    for (const listener of this.#listeners) listener.recovered(kind);
  }

  /**
   * Kinds that last: locked and full until a commit succeeds, I/O errors for five minutes after the last one, damage until the server
   * is started on a sound store.
   */
  current(): LastingKind[] {
    const io = this.#failing.get('io');
    if (io !== undefined && performance.now() - io > IO_LASTS) this.#failing.delete('io');
    return [...this.#failing.keys()];
  }

  /** Returns the way to stop listening. */
  listen(listener: StorageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
