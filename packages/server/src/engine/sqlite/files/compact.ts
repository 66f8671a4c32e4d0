/**
 * Rewrites the store without free space. Afterwards the file can shrink while a server uses it.
 *
 * At every moment the folder has a whole store under its name: the last step is one rename.
 * Run it only while the caller holds the folder's lock.
 */
import { closeSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { createOwned } from '../../../owned-file.ts';
import { refuseForeign } from '../state/schema.ts';
import { checkStore } from './backup-make.ts';
import { openExisting } from './existing.ts';
import { syncPath } from './folder.ts';
import { refuseLostLog } from './log-mark.ts';
import { makeShrinkable, usedBytes } from './space.ts';

/** Bytes of the file and its log, before and after. */
export interface Compacted {
  readonly before: number;
  readonly after: number;
}

const ROOM = 1.1; // times the used bytes: free disk that the copy needs

/** Compacts the store. When it throws STORAGE, the store is unchanged. */
export function compact(file: string): Compacted {
  const fresh = join(dirname(file), '.compacted.db');
  const before = sizeOf(file) + sizeOf(`${file}-wal`);
  rmSync(fresh, { force: true });
  try {
    rewrite(file, fresh);
    const [old, made] = [checkStore(file), checkStore(fresh)];
    if (JSON.stringify(old) !== JSON.stringify(made)) throw new Error('the copy does not have the same jobs');
    if (sizeOf(`${file}-wal`) > 0) throw new Error('another program reads the store; end that program');
    syncPath(fresh);
    rmSync(`${file}-shm`, { force: true });
    rmSync(`${file}-wal`, { force: true });
    renameSync(fresh, file);
    syncPath(dirname(file));
  } catch (cause) {
    if (cause instanceof FaktoryError) throw cause;
    const text = `${file} was not compacted and is unchanged: ${(cause as Error).message}`;
    throw new FaktoryError('STORAGE', text, { cause });
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
  }
  return { before, after: sizeOf(file) };
}

function rewrite(file: string, fresh: string): void {
  const db = openExisting(file);
  try {
    refuseForeign(db, file);
    refuseLostLog(db, file);
    const { bavail, bsize } = statfsSync(dirname(file));
    const [free, needed] = [bavail * bsize, usedBytes(db) * ROOM];
    if (free < needed)
      throw new Error(`${megabytes(free)} MB of disk are free, ${megabytes(needed)} are needed for the copy`);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    closeSync(createOwned(fresh));
    makeShrinkable(db);
    db.exec(`VACUUM INTO '${fresh.replaceAll("'", "''")}'`);
  } finally {
    db.close();
  }
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1_000_000);

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
