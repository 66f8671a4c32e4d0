/**
 * The folder of backups beside the data: what is in it, and which go.
 *
 * A backup is a compressed copy, `ID.db.gz`, and what is known of it, `ID.json`. Its id is the time at which it was made, so names sort
 * by age. What begins with a dot is being made, or was when a process died. A copy without its description is not listed.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError, type Micros, parseTime } from '@faktory-ts/protocol';
import { createOwnedFolder } from '../../owned-file.ts';
import type { Backup } from '../engine.ts';

const description = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.json$/;

/** Where the backups of a data folder are. */
export function backupsOf(dir: string): string {
  return join(dir, 'backups');
}

/** The paths of a backup. */
export function pathsOf(folder: string, id: string): { readonly copy: string; readonly about: string } {
  return { copy: join(folder, `${id}.db.gz`), about: join(folder, `${id}.json`) };
}

/** The id of a backup that is made now. */
export function backupId(now: Micros): string {
  return new Date(now / 1000).toISOString().replaceAll(':', '-');
}

/** When the backup of this id was made. */
export function madeAt(id: string): Micros {
  return parseTime(id.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')) as Micros;
}

/** Makes the folder, for this user only, and takes away what a process left that died. */
export function prepare(folder: string): void {
  if (!existsSync(folder)) createOwnedFolder(folder);
  for (const name of readdirSync(folder)) if (name.startsWith('.')) rmSync(join(folder, name));
}

/** Newest first. */
export function list(folder: string): Backup[] {
  return namesIn(folder).flatMap((name) => {
    const id = description.exec(name)?.[1];
    return id === undefined ? [] : [read(folder, id)];
  });
}

/** The backup of this id, the newest without one. Throws NOT_FOUND. */
export function pick(folder: string, id?: string): Backup {
  const all = list(folder);
  const found = id === undefined ? all[0] : all.find((backup) => backup.id === id);
  if (found) return found;
  const known = all.length === 0 ? 'there is none' : `the newest is ${all[0]?.id}`;
  throw new FaktoryError('NOT_FOUND', `no backup ${id ?? ''} in ${folder}: ${known}`.replace('  ', ' '));
}

/** Forgets all but the newest `keep`; gives those that are gone. */
export function purge(folder: string, keep: number): Backup[] {
  const gone = list(folder).slice(keep);
  for (const { id } of gone) {
    const { copy, about } = pathsOf(folder, id);
    rmSync(about);
    rmSync(copy, { force: true });
  }
  return gone;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function read(folder: string, id: string): Backup {
  const { about } = pathsOf(folder, id);
  try {
    return JSON.parse(readFileSync(about, 'utf8')) as Backup;
  } catch (cause) {
    const text = `${about} cannot be read (${(cause as Error).message}); take it away, or copy it here again`;
    throw new FaktoryError('STORAGE', text, { cause });
  }
}
