/**
 * Lists, finds and deletes the backups in the folder beside the store.
 *
 * A backup is a compressed copy, `ID.db.gz`, and its description, `ID.json`. The id is the time of
 * the backup, so names sort by age. A name that starts with a dot is a backup in progress, or was
 * left by a process that died. A backup whose files do not match is listed as bad.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError, type Micros, parseTime } from '@faktory-ts/protocol';
import { createOwnedFolder } from '../../../owned-file.ts';
import type { Backup } from '../../engine.ts';

const named =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])-[0-5]\d-[0-5]\d\.\d{3}Z)\.(?:json|db\.gz)$/;

/** Returns the folder with the backups of a data folder. */
export function backupsOf(dir: string): string {
  return join(dir, 'backups');
}

/** Returns the paths of a backup. */
export function pathsOf(folder: string, id: string): { readonly copy: string; readonly about: string } {
  return { copy: join(folder, `${id}.db.gz`), about: join(folder, `${id}.json`) };
}

/** Returns the id of a backup made at `now`. */
export function backupId(now: Micros): string {
  return new Date(now / 1000).toISOString().replaceAll(':', '-');
}

/** Returns when the backup with this id was made. */
export function madeAt(id: string): Micros {
  return parseTime(id.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')) as Micros;
}

/** Creates the folder, readable by this user only, and deletes files that a dead process left. */
export function prepare(folder: string): void {
  if (!existsSync(folder)) createOwnedFolder(folder);
  // Only names of backups: a user may have other names with a dot here.
  const left = /^\.\d{4}-.*Z\./;
  for (const name of readdirSync(folder))
    if (left.test(name)) rmSync(join(folder, name), { force: true, recursive: true });
}

/**
 * Lists the backups, newest first. A bad one says why it is bad. No file in the folder makes this
 * throw.
 */
export function list(folder: string): Backup[] {
  const names = namesIn(folder);
  const ids = new Set(names.flatMap((name) => named.exec(name)?.[1] ?? []));
  return [...ids]
    .sort()
    .reverse()
    .map((id) => read(folder, id));
}

/**
 * Returns the backup with this id; without an id the newest that is not bad, else the newest.
 * Throws NOT_FOUND.
 */
export function pick(folder: string, id?: string): Backup {
  const all = list(folder);
  const good = all.filter(({ bad }) => bad === undefined);
  const found = id === undefined ? (good[0] ?? all[0]) : all.find((backup) => backup.id === id);
  if (found) return found;
  const known = all.length === 0 ? 'there is none' : `the newest is ${all[0]?.id}`;
  throw new FaktoryError('NOT_FOUND', `no backup ${id ?? ''} in ${folder}: ${known}`.replace('  ', ' '));
}

/**
 * Deletes backups: keeps the newest `keep` good ones and everything newer. Returns the deleted
 * ones.
 */
export function purge(folder: string, keep: number): Backup[] {
  return outdated(folder, keep).filter(({ id }) => {
    const { copy, about } = pathsOf(folder, id);
    try {
      rmSync(about, { force: true });
      rmSync(copy, { force: true });
      return true;
    } catch {
      return false; // a folder has that name, or the user may not delete it: it stays in the list
    }
  });
}

/** Returns the backups that `purge` would delete. */
export function outdated(folder: string, keep: number): Backup[] {
  const all = list(folder);
  const oldest = all.filter(({ bad }) => bad === undefined)[keep - 1];
  return oldest === undefined ? [] : all.filter(({ id }) => id < oldest.id);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no folder yet, or an unreadable one, which making a backup reports
  }
}

const places = ['ready', 'scheduled', 'retries', 'working', 'dead'] as const;

function read(folder: string, id: string): Backup {
  const { copy, about } = pathsOf(folder, id);
  const bytes = statSync(copy, { throwIfNoEntry: false })?.size;
  const bad = (why: string): Backup => {
    const jobs = { ready: 0, scheduled: 0, retries: 0, working: 0, dead: 0 };
    return { id, bytes: bytes ?? 0, sha256: '', format: 0, jobs, bad: why };
  };
  if (bytes === undefined) return bad(`its copy ${id}.db.gz is missing`);
  try {
    const description = JSON.parse(readFileSync(about, 'utf8')) as Backup | null;
    if (!description || !isDescription(description) || description.id !== id)
      return bad(`its description ${id}.json does not describe it`);
    const { sha256, format, jobs } = description;
    const whole = { id, bytes, sha256, format, jobs };
    if (description.bytes === bytes) return whole;
    return { ...whole, bad: `its copy has ${bytes} bytes instead of ${description.bytes}` };
  } catch (cause) {
    return bad(`its description ${id}.json cannot be read: ${(cause as Error).message}`);
  }
}

function isDescription({ bytes, sha256, format, jobs }: Backup): boolean {
  const numbers: unknown[] = [bytes, format, ...places.map((where) => jobs?.[where])];
  return typeof sha256 === 'string' && numbers.every((n) => typeof n === 'number' && Number.isFinite(n));
}
