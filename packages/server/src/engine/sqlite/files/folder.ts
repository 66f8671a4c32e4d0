/**
 * The data folder: made private, held by one process at a time, and synced when it is new.
 *
 * The lock is SQLite's own on a file beside the data: the system drops it when the process dies, however it dies, so
 * there is no stale lock to clean up. A lock file that was deleted under its holder is noticed by the store, which the
 * holder has open. The pid file only feeds the error text. Network file systems have no such
 * locks: the data must be on a local disk.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { appendOwned, keepPrivate, openOwned, refuseLink } from '../../../owned-file.ts';
import { isLocked } from '../commit/error-kind.ts';
import { type Database, openDatabase } from '../state/binding.ts';
import { refuseLoneLog } from './log-mark.ts';

/** A held folder; `release` gives it up. */
export interface Folder {
  readonly file: string;
  release(): void;
}

/**
 * Makes the folder if need be and takes its lock. Throws LOCKED (naming the process) or STORAGE, for a damaged store too, unless it
 * is to be replaced.
 */
export function holdFolder(dir: string, store: 'sound' | 'whatever it is' = 'sound'): Folder {
  const folder = resolve(dir);
  makeFolder(folder);
  const file = join(folder, 'faktory.db');
  const lock = takeLock(folder, file);
  try {
    if (store === 'sound') {
      refuseLoneLog(file);
      refuseDamaged(file);
      keepPrivate(file);
      for (const beside of ['-wal', '-shm'].map((end) => file + end)) {
        refuseLink(beside); // SQLite would follow a link, also one that leads nowhere yet
        if (existsSync(beside)) keepPrivate(beside);
      }
    }
    return { file, release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** The files that a server holds open as long as it runs. */
export function filesOf(dir: string): string[] {
  return ['faktory.db', 'faktory.lock'].map((name) => join(resolve(dir), name));
}

function makeFolder(folder: string): void {
  try {
    makeWithParents(folder);
    // A new folder's name lives in its parent: without these syncs a power cut could take the whole folder away.
    for (const path of [folder, dirname(folder)]) syncPath(path);
    const trial = join(folder, '.write-test');
    rmSync(trial, { force: true }); // left by a process that died
    closeSync(openOwned(trial));
    rmSync(trial);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `cannot write to the data folder ${folder}: ${reason}; make it writable for this user or choose another`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

// Not mkdirSync's own `recursive`: on Node 20 it never returns where the system refuses with ENOENT (below /proc).
function makeWithParents(folder: string): void {
  if (existsSync(folder)) return;
  makeWithParents(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Makes what the folder or file holds durable. Systems that cannot sync a folder (Windows) need not. */
export function syncPath(path: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function takeLock(folder: string, store: string): Database {
  const pidFile = join(folder, 'faktory.pid');
  const lockFile = join(folder, 'faktory.lock');
  const isNew = !existsSync(lockFile);
  keepPrivate(lockFile);
  const lock = openDatabase(lockFile);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    if (isNew && isOpenElsewhere(store)) {
      rmSync(lockFile); // while it is locked: the next start must find it missing too
      const text = `the data folder ${folder} has no faktory.lock, and a process that is running has its faktory.db open, probably the server of process ${readPid(pidFile)}, whose lock was deleted; stop that process or choose another folder with -d`;
      throw new FaktoryError('LOCKED', text);
    }
    rmSync(pidFile, { force: true });
    appendOwned(pidFile, `${process.pid}\n`);
    return lock;
  } catch (cause) {
    lock.close();
    if (cause instanceof FaktoryError) throw cause;
    if (!/locked|busy/i.test(String(cause))) {
      const text = `cannot lock the data folder ${folder}: ${String(cause)}; is it on a local disk with free space?`;
      throw new FaktoryError('STORAGE', text, { cause });
    }
    const text = `the data folder ${folder} is held by process ${readPid(pidFile)}; stop it or choose another folder with -d`;
    throw new FaktoryError('LOCKED', text, { cause });
  }
}

/**
 * Whether another connection has the store open. Each connection keeps a shared lock on the file as long as it lives, so an exclusive
 * one is refused.
 *
 * Note: closing the last connection moves the log into the file, as a stop does. So this is only asked where the lock is missing.
 */
function isOpenElsewhere(store: string): boolean {
  const found = statSync(store, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === 0) return false; // what is no file is refused later
  for (const end of ['', '-wal']) refuseLink(store + end); // SQLite would follow it
  const db = openDatabase(store);
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema');
    return false;
  } catch (error) {
    return isLocked(error); // a damaged store is refused later, where it matters
  } finally {
    db.close();
  }
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown'; // the holder has the lock but has not written its pid yet
  }
}

// Looked at before SQLite opens the file, which would begin to change it.
function refuseDamaged(file: string): void {
  const size = sizeOf(file);
  if (size === 0) return;
  if (!statSync(file).isFile())
    throw new FaktoryError('STORAGE', `${file} is not a regular file; move it away or restore a backup`);
  const head = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  readSync(fd, head, 0, 100, 0);
  closeSync(fd);
  const advice = 'move it away or restore a backup';
  if (head.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new FaktoryError('STORAGE', `${file} is not a SQLite database, or is damaged; ${advice}`);
  }
  const pageSize = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
  const expected = head.readUInt32BE(28) * pageSize;
  // With a log beside it a file may be short for a moment: a crash during a checkpoint, which the log repairs.
  if (size < expected && sizeOf(`${file}-wal`) === 0) {
    throw new FaktoryError('STORAGE', `${file} is cut short: ${size} of ${expected} bytes; ${advice}`);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
