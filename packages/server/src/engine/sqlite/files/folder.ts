/**
 * Creates the data folder for this user only, locks it for one process, and syncs it when it is
 * new.
 *
 * The lock is SQLite's own, on `faktory.lock`. The system releases it however the process dies, so
 * no stale lock remains. When `faktory.lock` is deleted under its holder, the open store itself
 * shows that the folder is in use. The pid file is used only for the error text.
 *
 * Note: network file systems have no such locks, so the data must be on a local disk.
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
import { identityOf, openExisting, refuseUnreadable } from './existing.ts';
import { refuseLoneLog } from './log-mark.ts';

/** A locked folder. */
export interface Folder {
  /** The path of the store. */
  readonly file: string;
  /** Releases the lock. */
  release(): void;
}

/**
 * Creates the folder when it is missing, and locks it. Throws LOCKED (naming the process) or
 * STORAGE. A damaged store throws STORAGE too, unless `store` is 'whatever it is', because it will
 * be replaced.
 */
export function holdFolder(dir: string, store: 'sound' | 'whatever it is' = 'sound'): Folder {
  const folder = resolve(dir);
  refuseHeldHere(folder);
  makeFolder(folder);
  const file = join(folder, 'faktory.db');
  const lock = takeLock(folder, file);
  const identity = nameHere(folder);
  const release = (): void => {
    heldHere.delete(identity);
    lock.close();
  };
  heldHere.add(identity);
  try {
    if (store === 'sound') {
      refuseLoneLog(file);
      refuseDamaged(file);
      keepPrivate(file);
      for (const beside of ['-wal', '-shm'].map((end) => file + end)) {
        refuseLink(beside); // SQLite would follow a link, even one to a missing file
        if (existsSync(beside)) keepPrivate(beside);
      }
    }
    return { file, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** One name for a folder, whatever its path. One that cannot be looked at has its path. */
function nameHere(folder: string): string {
  try {
    return identityOf(folder) ?? folder;
  } catch {
    return folder;
  }
}

/** The folders that this process holds. */
const heldHere = new Set<string>();

/**
 * Throws LOCKED when this process holds the folder already. Call it before any file of the folder is
 * opened: closing a file drops all locks that the process has on it.
 */
export function refuseHeldHere(dir: string): void {
  const folder = resolve(dir);
  if (!heldHere.has(nameHere(folder))) return;
  const text = `the data folder ${folder} is held by process ${process.pid}, this one; stop its server or choose another folder`;
  throw new FaktoryError('LOCKED', text);
}

/**
 * Returns the files that a server keeps open while it runs. The log is truncated and started over,
 * but stays the same file while the store is open.
 */
export function filesOf(dir: string): string[] {
  return ['faktory.db', 'faktory.db-wal', 'faktory.lock'].map((name) => join(resolve(dir), name));
}

function makeFolder(folder: string): void {
  try {
    makeWithParents(folder);
    // A new folder's name is in its parent folder: without both syncs a power cut could delete the
    // new folder.
    for (const path of [folder, dirname(folder)]) syncPath(path);
    const trial = join(folder, '.write-test');
    rmSync(trial, { force: true }); // a process that died may have left it
    closeSync(openOwned(trial));
    rmSync(trial);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `cannot write to the data folder ${folder}: ${reason}; make it writable for this user or choose another`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

// Note: not `mkdirSync(…, { recursive })`, because on Node 20 it never returns after ENOENT (below
// /proc).
function makeWithParents(folder: string): void {
  if (existsSync(folder)) return;
  makeWithParents(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Syncs a file or folder to disk. Windows cannot sync folders and does not need it. */
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
  const missing = !existsSync(lockFile);
  const isNew = missing || isYounger(lockFile, pidFile);
  keepPrivate(lockFile);
  const lock = openDatabase(lockFile);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    if (isNew && isOpenElsewhere(store)) {
      // Before the lock is released: the next start must find the file missing too.
      rmSync(lockFile);
      const text = `the data folder ${folder} has ${missing ? 'no' : 'another'} faktory.lock, and a process that is running has its faktory.db open, probably the server of process ${readPid(pidFile)}, whose lock was deleted; stop that process or choose another folder with -d`;
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
 * Whether the lock file was made after the last start wrote the pid file: then it is not the file
 * that the server of that start holds.
 */
function isYounger(lockFile: string, pidFile: string): boolean {
  const made = statSync(lockFile, { throwIfNoEntry: false });
  const started = statSync(pidFile, { throwIfNoEntry: false });
  if (!made || !started) return false;
  return (made.birthtimeMs || made.ctimeMs) > started.mtimeMs;
}

/**
 * Whether another connection has the store open: it holds a shared lock on the file, so an
 * exclusive lock is refused.
 *
 * Note: closing the last connection moves the log into the file. So call this only when the lock
 * file is missing or new.
 */
function isOpenElsewhere(store: string): boolean {
  const found = statSync(store, { throwIfNoEntry: false });
  // Empty, or no file, which is refused later.
  if (!found?.isFile() || found.size === 0) return false;
  for (const end of ['', '-wal']) refuseLink(store + end); // SQLite would follow a link
  const db = openExisting(store);
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema');
    return false;
  } catch (error) {
    return isLocked(error); // a damaged store is refused later
  } finally {
    db.close();
  }
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown'; // the holder has not written its pid yet
  }
}

// Reads the header before SQLite opens the file, because opening may change the file.
function refuseDamaged(file: string): void {
  const size = sizeOf(file);
  if (size === 0) return;
  if (!statSync(file).isFile())
    throw new FaktoryError('STORAGE', `${file} is not a regular file; move it away or restore a backup`);
  refuseUnreadable(file);
  const head = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  readSync(fd, head, 0, 100, 0);
  closeSync(fd);
  const advice =
    'restore a backup (faktory restore), keep what can be read (faktory salvage), or move it away';
  if (head.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new FaktoryError('STORAGE', `${file} is not a SQLite database, or is damaged; ${advice}`);
  }
  const pageSize = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
  const expected = head.readUInt32BE(28) * pageSize;
  // With a log beside it the file may be short after a crash during a checkpoint; the log repairs
  // that.
  if (size < expected && sizeOf(`${file}-wal`) === 0) {
    throw new FaktoryError('STORAGE', `${file} is cut short: ${size} of ${expected} bytes; ${advice}`);
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
