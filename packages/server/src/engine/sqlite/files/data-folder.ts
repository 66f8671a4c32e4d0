/**
 * Works on a data folder without a server: backup, restore, dump, load, compact, salvage.
 *
 * Methods that only read also work beside a running server. Methods that change the store lock the
 * folder first, so they are refused while a server has it locked.
 */
import { closeSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { FaktoryError, type Micros, nowMicros } from '@faktory-ts/protocol';
import { createOwned } from '../../../owned-file.ts';
import { type Backup, type LostFile, storageAdvice } from '../../engine.ts';
import { openFile } from '../state/open-file.ts';
import { backupId, backupsOf, list, outdated, pick, purge } from './backup-folder.ts';
import { checkStore, makeBackup } from './backup-make.ts';
import { checkBackup, replaceStore, restore } from './backup-restore.ts';
import { type Compacted, compact } from './compact.ts';
import { dumpLines } from './dump.ts';
import { goneKind, refuseDeleted } from './existing.ts';
import type { Breathe } from './first-page.ts';
import { filesOf, holdFolder, syncPath } from './folder.ts';
import { type Loaded, type LoadOptions, load } from './load.ts';
import { refuseLoneLog } from './log-mark.ts';
import { namesLostByServer } from './lost-names.ts';
import { type Loss, type SalvageOptions, salvage } from './salvage.ts';
import { clearUnfinished } from './unfinished.ts';

export { sqliteVersion } from '../state/binding.ts';

/** The result of {@link DataFolder.restore}. */
export interface Restored {
  /** The backup that is now the store. */
  readonly backup: Backup;
  /** The folder that now has the old store; undefined: there was none. */
  readonly aside: string | undefined;
}

/** The result of {@link DataFolder.salvage}. */
export interface Salvaged {
  /** How many jobs could be read. */
  readonly jobs: number;
  /** What could not be read. */
  readonly loss: Loss;
  /** The folder that now has the damaged store. */
  readonly aside: string;
}

/**
 * The data folder of a server: makes and restores backups, dumps and loads jobs.
 *
 * Every method rejects with a `FaktoryError`: `NOT_FOUND` when there is no store or no such backup,
 * `STORAGE` for a full disk or a damaged file. `load`, `restore`, `compact` and `salvage` also
 * reject with `LOCKED` while a server has the folder locked.
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

  /** @param clock Returns the time in microseconds; for tests. Default: the wall clock. */
  constructor(dir: string, clock: () => Micros = nowMicros) {
    this.dir = resolve(dir);
    this.#clock = clock;
  }

  /** Makes a backup and checks it, also while a server runs on the folder. */
  async backup(): Promise<Backup> {
    const order = { file: this.#store(), folder: this.#backups, id: backupId(this.#clock()) };
    return makeBackup(order);
  }

  /** Returns the backups, newest first. */
  backups(): Backup[] {
    return list(this.#backups);
  }

  /** Deletes all but the newest `keep` backups. Returns the deleted ones. */
  purge(keep: number): Backup[] {
    return purge(this.#backups, keep);
  }

  /** Returns the backups that `purge` would delete. */
  outdated(keep: number): Backup[] {
    return outdated(this.#backups, keep);
  }

  /**
   * Verifies that a backup (default: the newest) can be restored: its checksum, its store, its
   * number of jobs.
   */
  async verify(id?: string): Promise<Backup> {
    const backup = pick(this.#backups, id);
    await checkBackup(this.#backups, backup);
    return backup;
  }

  /** Checks the store, also while a server runs on it. Takes some seconds for each gigabyte. */
  check(): Pick<Backup, 'format' | 'jobs'> {
    return checkStore(this.#store());
  }

  /** Returns the files that were deleted or moved away under the server of this folder; only Linux shows them. */
  lostFiles(): (LostFile & { readonly advice: string })[] {
    const lost = namesLostByServer(this.dir);
    return filesOf(this.dir)
      .filter((path) => lost.has(basename(path)))
      .map((path) => ({ path, kind: goneKind(path), advice: storageAdvice[goneKind(path)] }));
  }

  /** Replaces the store by a backup (default: the newest). The old store is moved aside. */
  async restore(id?: string): Promise<Restored> {
    // Restoring must work when the store is damaged.
    const held = holdFolder(this.dir, 'whatever it is');
    try {
      const backup = pick(this.#backups, id);
      const aside = `replaced-${backupId(this.#clock())}`;
      return { backup, aside: await restore(held.file, this.#backups, backup, aside) };
    } finally {
      held.release();
    }
  }

  /** Rewrites the store without free space, so that the file is as small as its jobs. */
  compact(): Compacted {
    const held = holdFolder(this.dir);
    try {
      return compact(this.#store());
    } finally {
      held.release();
    }
  }

  /**
   * Replaces a damaged store by a new one with everything readable. The old store is moved aside.
   * Rejects with `ABORTED` when `signal` ends it; the store is then unchanged.
   */
  async salvage({ signal }: SalvageOptions = {}): Promise<Salvaged> {
    const held = holdFolder(this.dir, 'whatever it is');
    const fresh = join(this.dir, '.salvaged.db');
    const breathe = pauses(signal);
    try {
      const file = this.#store();
      clearUnfinished(this.dir);
      closeSync(createOwned(fresh));
      const db = openFile(fresh, 'off', []);
      let result: Awaited<ReturnType<typeof salvage>>;
      try {
        result = await salvage(file, db, breathe);
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        db.close();
      }
      checkStore(fresh);
      syncPath(fresh);
      for (const end of ['-wal', '-shm']) rmSync(fresh + end, { force: true });
      await breathe();
      const aside = replaceStore(file, fresh, join(this.dir, `replaced-${backupId(this.#clock())}`));
      return { ...result, aside: aside ?? '' };
    } finally {
      clearUnfinished(this.dir);
      held.release();
    }
  }

  /**
   * Returns the store as lines of JSON, the state of one moment, also while a server runs on it.
   */
  dump(): Generator<string> {
    return dumpLines(this.#store());
  }

  /**
   * Checks that the folder can be locked, and creates it when it is missing. Throws `LOCKED` while
   * a server has it locked, and `STORAGE` for a damaged store unless `store` is 'whatever it is'.
   */
  checkFree(store: 'sound' | 'whatever it is' = 'sound'): void {
    const held = holdFolder(this.dir, store);
    dropEmpty(held.file);
    held.release();
  }

  /** Loads the lines of a dump, all or nothing. Creates the store when there is none. */
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
      // Leave no empty store behind: it would look like a store that lost its jobs.
      if (!loaded && fresh) for (const end of ['', '-wal', '-shm']) rmSync(held.file + end, { force: true });
      held.release();
    }
  }

  get #backups(): string {
    return backupsOf(this.dir);
  }

  #store(): string {
    const file = join(this.dir, 'faktory.db');
    refuseDeleted(file);
    refuseLoneLog(file);
    // An empty file is no store: locking the folder creates it, with this user's mode.
    if (statSync(file, { throwIfNoEntry: false })?.size) return file;
    throw new FaktoryError('NOT_FOUND', `there is no faktory.db in ${this.dir}; is this the data folder?`);
  }
}

/**
 * Whether the store has no byte: locking the folder creates it empty. Ask only while the folder is
 * locked.
 */
function isEmpty(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === 0;
}

function dropEmpty(file: string): void {
  if (isEmpty(file) && statSync(`${file}-wal`, { throwIfNoEntry: false }) === undefined) rmSync(file);
}

const TURN = 20; // ms of work between two looks at the signal

/** Lets signals arrive now and then; throws ABORTED when one ended the work. */
function pauses(signal: AbortSignal | undefined): Breathe {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= TURN) {
      await new Promise((resolve) => setImmediate(resolve));
      last = performance.now();
    }
    if (!signal?.aborted) return;
    const text = 'salvage was ended: the store is unchanged, and nothing is left of the new one';
    throw new FaktoryError('ABORTED', text);
  };
}
