/**
 * The capability `Archive`: backups, disk space and the files of the store. Only a store that keeps
 * its data in files has it.
 */
import type { Readable } from 'node:stream';
import type { Micros } from '@faktory-ts/protocol';

/** A copy of the store that can be restored. */
export interface Backup {
  /** The time when it was made, as a name that sorts by age: `2026-11-25T20-15-30.123Z`. */
  readonly id: string;
  /** Size of the compressed copy, in bytes. */
  readonly bytes: number;
  /** SHA-256 of the compressed copy, in hex. */
  readonly sha256: string;
  /** The version of the data format. */
  readonly format: number;
  /** Number of jobs in each place. */
  readonly jobs: Readonly<Record<'ready' | 'scheduled' | 'retries' | 'working' | 'dead', number>>;
  /**
   * Why the backup cannot be used; absent: no fault is known. A listing finds only faults that show
   * without reading the whole copy.
   */
  readonly bad?: string;
}

/** Disk space of the store, in bytes. */
export interface Space {
  /** Size of the store's file after the next checkpoint. */
  readonly bytes: number;
  /** The free part of `bytes`; new jobs use it first. */
  readonly free: number;
  /** Size of the write-ahead log. */
  readonly log: number;
  /** Whether `shrink` can return free space to the file system. */
  readonly canShrink: boolean;
}

/** A file system, in bytes. */
export interface Disk {
  readonly free: number;
  readonly total: number;
}

/** A file that was deleted or replaced under the open store. */
export interface LostFile {
  readonly path: string;
  /** Which file: the store, its log, or the lock of the folder. */
  readonly kind: 'gone' | 'log_gone' | 'lock_gone';
}

/** Backups and disk space of a store in files. */
export interface Archive {
  /**
   * Makes a backup while the store is in use and checks it; then deletes old backups, except the
   * newest `keep`. Throws STORAGE when the backup fails, SHUTDOWN when the engine closes meanwhile.
   * After a throw no partial backup remains and no old one is deleted.
   */
  backup(keep: number): Promise<Backup>;
  /** Newest first. */
  backups(): Promise<readonly Backup[]>;
  /**
   * Checks that a backup (default: the newest) can be restored. Throws NOT_FOUND for an unknown id,
   * STORAGE for a damaged backup.
   */
  verifyBackup(id?: string): Promise<Backup>;
  /** The time when a backup was made, read from its id. */
  madeAt(id: string): Micros;
  /** The compressed copy of a listed backup. */
  readBackup(id: string): Readable;
  /** Size of the file system with the store. Rejects if the operating system does not report it. */
  disk(): Promise<Disk>;
  /** A file of the open store that was deleted or replaced; undefined: none was. Not a commit. */
  lostFile(): Promise<LostFile | undefined>;
  /** The disk space of the store. */
  space(): Promise<Space>;
  /**
   * Returns up to `bytes` of free space to the file system, in one commit; resolves to how many.
   * 0: no space is free, or this store cannot shrink.
   */
  shrink(bytes: number): Promise<number>;
  /**
   * Copies the write-ahead log into the store's file and truncates the log. Not a commit.
   * Note: a running reader limits how much of the log can be emptied.
   */
  emptyLog(): Promise<void>;
}
