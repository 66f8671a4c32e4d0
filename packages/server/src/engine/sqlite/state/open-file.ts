/**
 * Opens the store's file for its only writer: sets how SQLite works, migrates an older format, and
 * loads what is kept in memory.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { type Sync, synchronous } from '../commit/sync.ts';
import { refuseLostLog } from '../files/log-mark.ts';
import { makeShrinkable } from '../files/space.ts';
import { deleteOld } from '../history/delete-old.ts';
import { type Database, openDatabase } from './binding.ts';
import { dropFlushed } from './flushed.ts';
import { migrate, refuseForeign } from './schema.ts';

const PAGE_CACHE = 32_000; // KiB
// Bytes; half of SQLite's default, because a small commit writes a dozen pages for a few rows each.
const PAGE = 2048;
const CHECKPOINT = 8000; // pages of the log
// Bytes; a log that a reader or a large commit made longer is cut to this.
const LONGEST_LOG = 32 * 1024 * 1024;

/** Opens or creates the file, migrates it, and loads each part from it. Throws STORAGE. */
export function openFile(path: string, sync: Sync, parts: readonly { load(db: Database): void }[]): Database {
  const db = openDatabase(path);
  try {
    refuseForeign(db, path);
    refuseLostLog(db, path);
    db.exec(`PRAGMA page_size = ${PAGE}`);
    makeShrinkable(db); // before the switch to WAL, which writes the first page
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous[sync]};
      PRAGMA cache_size = -${PAGE_CACHE}; PRAGMA wal_autocheckpoint = ${CHECKPOINT}; PRAGMA busy_timeout = 0;
      PRAGMA journal_size_limit = ${LONGEST_LOG};`);
    migrate(db);
    dropFlushed(db);
    deleteOld(db);
    for (const part of parts) part.load(db);
    return db;
  } catch (cause) {
    db.close();
    if (cause instanceof FaktoryError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FaktoryError('STORAGE', `cannot open ${path}: ${reason}; free the disk, or restore a backup`, {
      cause,
    });
  }
}
