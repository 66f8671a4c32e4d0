/**
 * Opens the store of a data folder: locks the folder, makes the backup before a migration, and
 * waits for other programs without blocking the event loop.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Logger } from '../../../log.ts';
import { isLocked } from '../commit/error-kind.ts';
import { Store, type StoreSettings } from '../state/store.ts';
import { backupsOf, list } from './backup-folder.ts';
import { backupBeforeUpgrade } from './before-upgrade.ts';
import { holdFolder, refuseHeldHere } from './folder.ts';
import { makePrivate } from './private-files.ts';
import { clearUnfinished } from './unfinished.ts';

const PATIENCE = 2000; // ms that it waits for a program that has locked the file
const RETRY_AFTER = 20; // ms
const NAMED = 10; // paths in a log line

/** Opens or creates the store. Throws LOCKED or STORAGE; the folder is then not locked. */
export async function openStore(dir: string, settings: StoreSettings, log: Logger): Promise<Store> {
  refuseHeldHere(dir);
  const backup = unusedBackup(dir);
  const opened = makePrivate(resolve(dir));
  const folder = holdFolder(dir);
  if (opened.length > 0) log.warn(`other users could read or write ${named(opened)}; now only this user can`);
  clearUnfinished(resolve(dir));
  if (backup !== undefined)
    log.warn(`${folder.file} is missing or empty, so the store starts without jobs; ${backup}`);
  try {
    const upgraded = await backupBeforeUpgrade(folder.file, settings.clock(), log);
    const store = await untilUnlocked(() => new Store(folder, settings));
    upgraded();
    return store;
  } catch (error) {
    folder.release();
    throw error;
  }
}

function named(paths: readonly string[]): string {
  const more = paths.length - NAMED;
  return paths.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Returns advice when the store is missing although it has backups; undefined otherwise. */
function unusedBackup(dir: string): string | undefined {
  if (!existsSync(dir)) return undefined;
  if (!statSync(dir).isDirectory()) return undefined; // holdFolder refuses it
  if ((statSync(join(dir, 'faktory.db'), { throwIfNoEntry: false })?.size ?? 0) > 0) return undefined;
  const all = list(backupsOf(dir));
  const newest = all.find(({ bad }) => bad === undefined) ?? all[0];
  if (newest === undefined) return undefined;
  return `the newest backup is ${newest.id}: to go back to it, stop the server and run faktory restore -d ${dir}`;
}

async function untilUnlocked<T>(open: () => T): Promise<T> {
  const started = performance.now();
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isLocked(error) || performance.now() - started > PATIENCE) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
  }
}
