/**
 * Makes a backup before a store of an older format is migrated, so that the older server can be
 * used again.
 *
 * Note: a start never depends on this backup. When it fails, the log says why, and the migration
 * goes on.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Micros } from '@faktory-ts/protocol';
import type { Logger } from '../../../log.ts';
import { formatOf, newestFormat } from '../state/schema.ts';
import { BackupMaker } from './backup-maker.ts';
import { openExisting } from './existing.ts';

/**
 * Makes the backup when one is needed. Call the returned function after the migration: it writes
 * the log line.
 */
export async function backupBeforeUpgrade(file: string, now: Micros, log: Logger): Promise<() => void> {
  const format = olderFormat(file);
  if (format === undefined) return () => undefined;
  const upgraded = `the store was upgraded from format ${format} to ${newestFormat}`;
  const maker = new BackupMaker(file);
  try {
    const { id } = await maker.make(now, Number.MAX_SAFE_INTEGER);
    return () =>
      log.warn(
        `${upgraded}; backup ${id} has the store in its old format; to go back, restore it and start the older server`,
      );
  } catch (error) {
    const { message } = error as Error;
    return () => log.error(`${upgraded}, without a backup of the old format: ${message}`);
  }
}

/**
 * Returns the format of a store that is older than the newest; undefined: no migration is needed.
 */
function olderFormat(file: string): number | undefined {
  const written = writtenFormat(file);
  if (written === 0 || written >= newestFormat) return undefined;
  const db = openExisting(file); // the log may have a newer format than the main file
  try {
    const format = formatOf(db);
    return format < newestFormat ? format : undefined;
  } catch {
    return undefined; // damaged: opening the store reports it
  } finally {
    db.close();
  }
}

/** Reads `user_version` from the main file without its log, before SQLite opens the file. */
function writtenFormat(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < 100) return 0;
  const head = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, head, 0, 100, 0);
  } finally {
    closeSync(fd);
  }
  return head.readUInt32BE(60);
}
