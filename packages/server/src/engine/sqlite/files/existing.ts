/**
 * Opens a store that must exist already, and refuses one whose files were deleted or moved away under
 * a running server.
 *
 * Note: SQLite creates a missing file, takes the log beside it for a leftover, and deletes that log.
 * So a backup of a deleted store would delete the only copy of the jobs that has a name.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { type StorageErrorKind, storageAdvice } from '../../engine.ts';
import { type Database, openPresent } from '../state/binding.ts';
import { refuseLoneLog } from './log-mark.ts';
import { namesLostByServer } from './lost-names.ts';

/** Returns which file a path refers to now; undefined: none. */
export function identityOf(path: string): string | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  return file && `${file.dev} ${file.ino}`;
}

/**
 * Opens the store. Throws STORAGE when it is missing, is another file than `identity`, or lost a
 * file under its server. Never creates a file at this path.
 */
export function openExisting(path: string, identity?: string): Database {
  refuseDeleted(path);
  refuseLoneLog(path);
  const found = identityOf(path);
  if (found === undefined || (identity !== undefined && found !== identity))
    throw new FaktoryError('STORAGE', goneText(path));
  try {
    return openPresent(path);
  } catch (error) {
    refuseUnreadable(path);
    throw error;
  }
}

/**
 * Throws STORAGE when the file is there and this user cannot read it.
 *
 * Note: it opens and closes the file, and then the system drops every lock that this process has on
 * it, those of SQLite too. Another process could then take the store for unused and delete its log.
 * So never call it in a process that has the file open.
 */
export function refuseUnreadable(path: string): void {
  try {
    closeSync(openSync(path, 'r'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    const text = `${path} cannot be read (${code}); run this as the user who owns it, or correct its rights (chmod 600)`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}

/** What is wrong and what to do, when a file of a running server is gone. */
export function goneText(path: string): string {
  return `${path} was deleted or replaced while the server runs; ${storageAdvice[goneKind(path)]}`;
}

/** The kind of storage error that the loss of this file is. */
export function goneKind(path: string): StorageErrorKind & ('gone' | 'log_gone' | 'lock_gone') {
  if (path.endsWith('.lock')) return 'lock_gone';
  return path.endsWith('-wal') ? 'log_gone' : 'gone';
}

/**
 * Throws STORAGE when the server of this folder has the store or its log open and not under its name
 * any more. Only Linux shows that, and only to the server's user and root.
 */
export function refuseDeleted(path: string): void {
  const lost = namesLostByServer(dirname(path));
  for (const file of [path, `${path}-wal`])
    if (lost.has(basename(file))) throw new FaktoryError('STORAGE', goneText(file));
}
