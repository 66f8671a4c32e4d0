/**
 * Before a store of an older format is brought up to date, a backup of it is made, so that the older program can be gone back to.
 *
 * Note: a start never depends on a backup. Where none can be made, the log says why, and the upgrade, which is one commit, goes on.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Micros } from '@faktory-ts/protocol';
import type { Logger } from '../../../log.ts';
import { openDatabase } from '../state/binding.ts';
import { formatOf, newestFormat } from '../state/schema.ts';
import { BackupMaker } from './backup-maker.ts';

/** Makes the backup where one is due. Returns what to call when the store is up to date: it writes the line of the log. */
export async function backupBeforeUpgrade(file: string, now: Micros, log: Logger): Promise<() => void> {
  const format = olderFormat(file);
  if (format === undefined) return () => undefined;
  const upgraded = `the store was upgraded from format ${format} to ${newestFormat}`;
  const maker = new BackupMaker(file);
  try {
    const { id } = await maker.make(now, Number.MAX_SAFE_INTEGER);
    return () =>
      log.warn(
        `${upgraded}; backup ${id} has it as it was: to go back, restore it and start the older program`,
      );
  } catch (error) {
    const { message } = error as Error;
    return () => log.error(`${upgraded}, without a backup of it as it was: ${message}`);
  }
}

/** The format of a store that is not of the newest one; undefined: there is nothing to upgrade. */
function olderFormat(file: string): number | undefined {
  const written = writtenFormat(file);
  if (written === 0 || written >= newestFormat) return undefined;
  const db = openDatabase(file); // the log may have a newer one
  try {
    const format = formatOf(db);
    return format < newestFormat ? format : undefined;
  } catch {
    return undefined; // damaged: the opening of the store says so
  } finally {
    db.close();
  }
}

/** `user_version` as the file has it, without its log; read before SQLite has the file open. */
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
