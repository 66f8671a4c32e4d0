/**
 * Opens the store of a data folder: holds the folder, makes the backup that an upgrade needs, and waits for other programs without
 * holding the event loop.
 */
import type { Logger } from '../../log.ts';
import { backupBeforeUpgrade } from './before-upgrade.ts';
import { isLocked } from './error-kind.ts';
import { holdFolder } from './folder.ts';
import { Store, type StoreSettings } from './store.ts';

const PATIENCE = 2000; // ms, with a program that has the file locked
const TRY_AGAIN = 20; // ms

/** Opens or makes the store. Throws LOCKED or STORAGE; then the folder is free again. */
export async function openStore(dir: string, settings: StoreSettings, log: Logger): Promise<Store> {
  const folder = holdFolder(dir);
  try {
    const upgraded = await backupBeforeUpgrade(folder.file, settings.clock(), log);
    const store = await patiently(() => new Store(folder, settings));
    upgraded();
    return store;
  } catch (error) {
    folder.release();
    throw error;
  }
}

async function patiently<T>(open: () => T): Promise<T> {
  const started = performance.now();
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isLocked(error) || performance.now() - started > PATIENCE) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
  }
}
