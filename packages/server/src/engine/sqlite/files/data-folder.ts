/**
 * What can be done to a data folder without a server: backups, dump and load.
 *
 * What only reads goes beside a running server too. What changes the store takes the folder's lock first, so that it is refused while
 * a server holds it.
 */
import { closeSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FaktoryError, type Micros, nowMicros } from '@faktory-ts/protocol';
import { createOwned } from '../../../owned-file.ts';
import type { Backup } from '../../engine.ts';
import { openFile } from '../state/store.ts';
import { backupId, backupsOf, list, outdated, pick, purge } from './backup-folder.ts';
import { checkStore, makeBackup } from './backup-make.ts';
import { checkBackup, replaceStore, restore } from './backup-restore.ts';
import { type Compacted, compact } from './compact.ts';
import { dumpLines } from './dump.ts';
import { holdFolder, syncPath } from './folder.ts';
import { type Loaded, type LoadOptions, load } from './load.ts';
import { refuseLoneLog } from './log-mark.ts';
import { type Loss, salvage } from './salvage.ts';

export { sqliteVersion } from '../state/binding.ts';

/** What {@link DataFolder.restore} did. */
export interface Restored {
  /** What is now the store. */
  readonly backup: Backup;
  /** Where the store is that was there before; undefined when there was none. */
  readonly aside: string | undefined;
}

/** What {@link DataFolder.salvage} did. */
export interface Salvaged {
  /** How many jobs could be read. */
  readonly jobs: number;
  /** What could not. */
  readonly loss: Loss;
  /** Where the damaged store is now. */
  readonly aside: string;
}

/**
 * The data folder of a server: its backups, and its jobs as lines of text.
 *
 * Every method rejects with a `FaktoryError`: `NOT_FOUND` where there is no store or no such backup, `STORAGE` for a disk that is full or
 * a file that is damaged; `load`, `restore`, `compact` and `salvage` also `LOCKED` while a server holds the folder.
 *
 * @example
 * ```ts
 * import { DataFolder } from '@faktory-ts/server';
 *
 * const folder = new DataFolder('./data');
 * const { id, jobs } = await folder.backup();
 * console.log(`backup ${id} has ${jobs.ready} ready jobs`);
 * await folder.verify(id);
 * ```
 */
export class DataFolder {
  /** The folder, as an absolute path. */
  readonly dir: string;
  readonly #clock: () => Micros;

  /** @param clock the time in microseconds; for tests. Default: the wall clock. */
  constructor(dir: string, clock: () => Micros = nowMicros) {
    this.dir = resolve(dir);
    this.#clock = clock;
  }

  /** Makes a backup, also while a server uses the folder, and checks it. */
  async backup(): Promise<Backup> {
    const order = { file: this.#store(), folder: this.#backups, id: backupId(this.#clock()) };
    return makeBackup(order);
  }

  /** The backups that there are, newest first. */
  backups(): Backup[] {
    return list(this.#backups);
  }

  /** Forgets all but the newest `keep` backups; gives those that are gone. */
  purge(keep: number): Backup[] {
    return purge(this.#backups, keep);
  }

  /** What `purge` of so many would delete. */
  outdated(keep: number): Backup[] {
    return outdated(this.#backups, keep);
  }

  /** Proves that a backup (default: the newest) can be restored: its checksum, the store in it, the number of its jobs. */
  async verify(id?: string): Promise<Backup> {
    const backup = pick(this.#backups, id);
    await checkBackup(this.#backups, backup);
    return backup;
  }

  /** Checks the store itself, also while a server uses it, and tells what is in it; takes some seconds for each gigabyte. */
  check(): Pick<Backup, 'format' | 'jobs'> {
    return checkStore(this.#store());
  }

  /** Puts a backup (default: the newest) in the place of the store, which is moved aside. */
  async restore(id?: string): Promise<Restored> {
    const held = holdFolder(this.dir, 'whatever it is'); // a damaged store is why one restores
    try {
      const backup = pick(this.#backups, id);
      const aside = `replaced-${backupId(this.#clock())}`;
      return { backup, aside: await restore(held.file, this.#backups, backup, aside) };
    } finally {
      held.release();
    }
  }

  /** Writes the store anew without free room, so that the file is as small as its jobs. */
  compact(): Compacted {
    const held = holdFolder(this.dir);
    try {
      return compact(this.#store());
    } finally {
      held.release();
    }
  }

  /** Puts a new store of all that can be read in the place of a damaged one, which is moved aside, and says what is lost. */
  salvage(): Salvaged {
    const held = holdFolder(this.dir, 'whatever it is');
    const fresh = join(this.dir, '.salvaged.db');
    const clear = () => {
      for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
    };
    try {
      const file = this.#store();
      clear();
      closeSync(createOwned(fresh));
      const db = openFile(fresh, 'off', []);
      let result: ReturnType<typeof salvage>;
      try {
        result = salvage(file, db);
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        db.close();
      }
      checkStore(fresh);
      syncPath(fresh);
      for (const end of ['-wal', '-shm']) rmSync(fresh + end, { force: true });
      const aside = replaceStore(file, fresh, join(this.dir, `replaced-${backupId(this.#clock())}`));
      return { ...result, aside: aside ?? '' };
    } finally {
      clear();
      held.release();
    }
  }

  /** The store as lines of JSON, from one moment, also while a server uses the folder. */
  dump(): Generator<string> {
    return dumpLines(this.#store());
  }

  /** Throws `LOCKED` while a server holds the folder, and `STORAGE` for a store that is not sound, unless it may be as it is; makes the folder when there is none. */
  checkFree(store: 'sound' | 'whatever it is' = 'sound'): void {
    const held = holdFolder(this.dir, store);
    dropEmpty(held.file);
    held.release();
  }

  /** Takes the lines of a dump into the store, which is made when there is none: all of them, or nothing. */
  async load(lines: Iterable<string> | AsyncIterable<string>, options: LoadOptions = {}): Promise<Loaded> {
    const held = holdFolder(this.dir);
    const fresh = isEmpty(held.file);
    let loaded = false;
    try {
      const db = openFile(held.file, 'full', []);
      try {
        db.exec('PRAGMA synchronous = FULL');
        const result = await load(db, lines, options);
        loaded = true;
        return result;
      } finally {
        db.close();
      }
    } catch (cause) {
      if (cause instanceof FaktoryError) throw cause;
      throw new FaktoryError('STORAGE', `nothing was loaded: ${(cause as Error).message}`, { cause });
    } finally {
      // An empty store where there was none would look like one whose jobs are gone.
      if (!loaded && fresh) for (const end of ['', '-wal', '-shm']) rmSync(held.file + end, { force: true });
      held.release();
    }
  }

  get #backups(): string {
    return backupsOf(this.dir);
  }

  #store(): string {
    const file = join(this.dir, 'faktory.db');
    refuseLoneLog(file);
    // It is made empty, so that nobody else can ever read it.
    if (statSync(file, { throwIfNoEntry: false })?.size) return file;
    throw new FaktoryError('NOT_FOUND', `there is no faktory.db in ${this.dir}; is this the data folder?`);
  }
}

/** Whoever holds a folder makes the file of the store, without a byte. Only while the folder is held: then no server fills it. */
function isEmpty(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === 0;
}

function dropEmpty(file: string): void {
  if (isEmpty(file) && statSync(`${file}-wal`, { throwIfNoEntry: false }) === undefined) rmSync(file);
}
