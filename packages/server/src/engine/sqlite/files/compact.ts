/**
 * Writes the store anew without free room, and so that it can give room back while serving from then on.
 *
 * At every moment the folder has a whole store under its name: the last step is one rename. Must only run while the folder is held.
 */
import { closeSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { createOwned } from '../../../owned-file.ts';
import { openDatabase } from '../state/binding.ts';
import { refuseForeign } from '../state/schema.ts';
import { checkStore } from './backup-make.ts';
import { syncPath } from './folder.ts';
import { refuseLostLog } from './log-mark.ts';
import { makeShrinkable, usedBytes } from './space.ts';

/** Bytes of the file and its log. */
export interface Compacted {
  readonly before: number;
  readonly after: number;
}

const ROOM = 1.1; // of what is in use

/** Compacts. Throws STORAGE, and then the store is as it was. */
export function compact(file: string): Compacted {
  const fresh = join(dirname(file), '.compacted.db');
  const before = sizeOf(file) + sizeOf(`${file}-wal`);
  rmSync(fresh, { force: true });
  try {
    writeAnew(file, fresh);
    const [old, made] = [checkStore(file), checkStore(fresh)];
    if (JSON.stringify(old) !== JSON.stringify(made)) throw new Error('the copy has other jobs');
    if (sizeOf(`${file}-wal`) > 0) throw new Error('another program reads the store; end that program');
    syncPath(fresh);
    rmSync(`${file}-shm`, { force: true });
    rmSync(`${file}-wal`, { force: true });
    renameSync(fresh, file);
    syncPath(dirname(file));
  } catch (cause) {
    if (cause instanceof FaktoryError) throw cause;
    const text = `${file} was not compacted and is as it was: ${(cause as Error).message}`;
    throw new FaktoryError('STORAGE', text, { cause });
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
  }
  return { before, after: sizeOf(file) };
}

function writeAnew(file: string, fresh: string): void {
  const db = openDatabase(file);
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
