/**
 * The capability `Archive`: backups, and the room on the disk. Only a store in files has it.
 */
import type { Readable } from 'node:stream';
import type { Micros } from '@faktory-ts/protocol';

/** A copy of the store that can be restored. */
export interface Backup {
  /** When it was made, as a name that sorts by age: `2026-11-25T20-15-30.123Z`. */
  readonly id: string;
  /** Compressed. */
  readonly bytes: number;
  /** Of the compressed copy, in hex. */
  readonly sha256: string;
  /** The version of the data format. */
  readonly format: number;
  /** How many jobs are where. */
  readonly jobs: Readonly<Record<'ready' | 'scheduled' | 'retries' | 'working' | 'dead', number>>;
  /** Why it cannot be used, as far as its files say without being read to the end; absent: nothing is known against it. */
  readonly bad?: string;
}

/** The room that a store takes on the disk, in bytes. */
export interface Space {
  /** The file of the store, as long as it is after the next checkpoint. */
  readonly bytes: number;
  /** Of them those that hold nothing and are used for new jobs first. */
  readonly free: number;
  /** The write-ahead log beside it. */
  readonly log: number;
  /** Whether free room can be given back to the file system while serving. */
  readonly canShrink: boolean;
}

/** A file system, in bytes. */
export interface Disk {
  readonly free: number;
  readonly total: number;
}

/** What a store in files can do. */
export interface Archive {
  /**
   * Copies the store while it is in use and proves the copy; only then forgets all backups but the newest `keep`. Throws STORAGE when
   * it fails, and SHUTDOWN when the engine is closed meanwhile: then nothing is left of it, and none is forgotten.
   */
  backup(keep: number): Promise<Backup>;
  /** Newest first. */
  backups(): Promise<readonly Backup[]>;
  /** Proves that a backup (default: the newest) can be restored. Throws NOT_FOUND, or STORAGE for a damaged one. */
  verifyBackup(id?: string): Promise<Backup>;
  /** When a backup was made, by its id. */
  madeAt(id: string): Micros;
  /** The compressed copy of a listed backup. */
  readBackup(id: string): Readable;
  /** The file system that holds the store, in bytes. Rejects where the system does not tell. */
  disk(): Promise<Disk>;
  /** Which of the files that the store has open was deleted or replaced; undefined: none. Not a commit. */
  lostFile(): Promise<string | undefined>;
  /** The room that the store takes on the disk. */
  space(): Promise<Space>;
  /** Gives up to so many free bytes back to the file system, in one commit; says how many. 0: there are none, or this store cannot. */
  shrink(bytes: number): Promise<number>;
  /** Takes what is in the log into the store and makes the log short, as far as nobody reads. Not a commit. */
  emptyLog(): Promise<void>;
}
