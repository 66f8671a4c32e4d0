/**
 * Puts a backup in the place of the store, and proves beforehand that it is whole.
 *
 * At every moment the folder holds either the old store or the restored one, under the same name: the last step is one rename. What was
 * there is moved aside, never removed. It must only run while the folder's lock is held.
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
import { openDatabase } from '../state/binding.ts';
import { pathsOf, prepare } from './backup-folder.ts';
import { checkStore } from './backup-make.ts';
import { syncPath } from './folder.ts';
import { Measure } from './measure.ts';

/** Proves that a backup can be restored: its checksum, the store in it, and that it has as many jobs as it was made with. Throws STORAGE. */
export async function checkBackup(folder: string, backup: Backup): Promise<void> {
  const trial = join(folder, `.${backup.id}.check`);
  prepare(folder);
  try {
    await unpack(folder, backup, trial);
  } finally {
    rmSync(trial, { force: true });
  }
}

/** Restores; gives the folder in which the old store is now, undefined where there was none. */
export async function restore(
  file: string,
  folder: string,
  backup: Backup,
  aside: string,
): Promise<string | undefined> {
  const dir = dirname(file);
  const fresh = join(dir, '.restored.db');
  rmSync(fresh, { force: true });
  await unpack(folder, backup, fresh);
  return replaceStore(file, fresh, join(dir, aside));
}

/** Puts a whole store in the place of the one that is there, which is moved aside. Gives the folder of the old one, if there was one. */
export function replaceStore(file: string, fresh: string, aside: string): string | undefined {
  const old = [file, `${file}-wal`].some((path) => existsSync(path)) ? keepAside(file, aside) : undefined;
  renameSync(fresh, file);
  syncPath(dirname(file));
  return old;
}

/** A second name for the store, which stays under its first until the rename. */
function keepAside(file: string, to: string): string {
  const hasStore = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (hasStore) emptyLog(file); // SQLite would delete the log of an empty file
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
    copyOwned(from, to); // a file system without hard links
  }
  syncPath(to);
}

function copyOwned(from: string, to: string): void {
  closeSync(createOwned(to));
  copyFileSync(from, to);
}

/** What is in the log comes into the file: the log must not be taken for one of the restored store. */
function emptyLog(file: string): void {
  try {
    const db = openDatabase(file);
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      db.close();
    }
  } catch {
    // A damaged store: its log is moved aside with it.
  }
}

async function unpack(folder: string, backup: Backup, to: string): Promise<void> {
  const { copy } = pathsOf(folder, backup.id);
  try {
    if (backup.bad) throw new Error(backup.bad);
    const sha256 = await inflate(copy, to);
    if (sha256 !== backup.sha256) throw new Error('its checksum is another than when it was made');
    const { jobs } = checkStore(to);
    const wrong = Object.entries(backup.jobs).filter(([name, n]) => jobs[name as keyof typeof jobs] !== n);
    if (wrong.length > 0) throw new Error(`it has another number of jobs than it was made with`);
    syncPath(to);
  } catch (cause) {
    rmSync(to, { force: true });
    const text = `backup ${backup.id} cannot be used: ${(cause as Error).message}; choose another one`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

/** Decompresses; gives the checksum of what was read. */
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
