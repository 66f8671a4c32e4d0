/**
 * Replaces the store by a backup, after checking that the backup is intact.
 *
 * At every moment the folder holds either the old store or the restored one, under the same name:
 * the last step is one rename. The old store is moved aside, never deleted. Run it only while the
 * caller holds the folder's lock.
 */
import {
  closeSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { FaktoryError } from '@faktory-ts/protocol';
import { createOwned, createOwnedFolder } from '../../../owned-file.ts';
import type { Backup } from '../../engine.ts';
import { pathsOf, prepare } from './backup-folder.ts';
import { checkStore } from './backup-make.ts';
import { openExisting, refuseUnreadable } from './existing.ts';
import { syncPath } from './folder.ts';
import { Measure } from './measure.ts';

/**
 * Restores the backup into a trial file: checks its checksum, its store and its number of jobs.
 * Throws STORAGE.
 */
export async function checkBackup(folder: string, backup: Backup): Promise<void> {
  const trial = join(folder, `.${backup.id}.check`);
  prepare(folder);
  try {
    await unpack(folder, backup, trial);
  } finally {
    rmSync(trial, { force: true });
  }
}

/** Restores a backup. Returns the folder that now has the old store; undefined: there was none. */
export async function restore(
  file: string,
  folder: string,
  backup: Backup,
  aside: string,
): Promise<string | undefined> {
  const dir = dirname(file);
  const fresh = join(dir, '.restored.db');
  rmSync(fresh, { force: true });
  refuseUnreadable(file); // before anything is made, because it could not be kept aside
  try {
    await unpack(folder, backup, fresh);
    return replaceStore(file, fresh, join(dir, aside));
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Replaces the store by `fresh`. Returns the folder that now has the old store; undefined: there
 * was none.
 */
export function replaceStore(file: string, fresh: string, aside: string): string | undefined {
  const old = [file, `${file}-wal`].some((path) => existsSync(path)) ? keepAside(file, aside) : undefined;
  renameSync(fresh, file);
  syncPath(dirname(file));
  return old;
}

/**
 * Links the old store into the folder `to`. It keeps its name too, until the rename replaces it.
 */
function keepAside(file: string, to: string): string {
  const hasStore = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (hasStore) emptyLog(file); // not for an empty file: SQLite would delete its log
  createOwnedFolder(to);
  for (const end of ['-wal', '-shm']) {
    if (statSync(file + end, { throwIfNoEntry: false })?.size)
      renameSync(file + end, join(to, `faktory.db${end}`));
    else rmSync(file + end, { force: true });
  }
  const kept = join(to, 'faktory.db');
  if (existsSync(file)) linkOrCopy(file, kept);
  for (const path of [to, dirname(file)]) syncPath(path);
  return to;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyOwned(from, to); // the file system has no hard links
  }
  syncPath(to);
}

function copyOwned(from: string, to: string): void {
  closeSync(createOwned(to));
  copyFileSync(from, to);
}

/** Moves the log into the file, because the restored store must not find a log of the old one. */
function emptyLog(file: string): void {
  try {
    const db = openExisting(file);
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      db.close();
    }
  } catch {
    // The store is damaged: its log is moved aside with it.
  }
}

async function unpack(folder: string, backup: Backup, to: string): Promise<void> {
  const { copy } = pathsOf(folder, backup.id);
  try {
    if (backup.bad) throw new Error(backup.bad);
    const sha256 = await inflate(copy, to);
    if (sha256 !== backup.sha256)
      throw new Error('its checksum differs from the one recorded when it was made');
    const { jobs } = checkStore(to);
    const wrong = Object.entries(backup.jobs).filter(([name, n]) => jobs[name as keyof typeof jobs] !== n);
    if (wrong.length > 0)
      throw new Error(`its number of jobs differs from the one recorded when it was made`);
    syncPath(to);
  } catch (cause) {
    rmSync(to, { force: true });
    const text = `backup ${backup.id} cannot be used: ${(cause as Error).message}; choose another one`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

/** Decompresses. Returns the checksum of the compressed bytes. */
async function inflate(from: string, to: string): Promise<string> {
  const measure = new Measure();
  await pipeline(
    createReadStream(from, { highWaterMark: 1 << 20 }),
    measure,
    createGunzip({ chunkSize: 1 << 18 }),
    createWriteStream(to, { fd: createOwned(to), flush: true }),
  );
  return measure.sha256();
}
