/**
 * Finds the path that denies this user access to a data folder, and the command that grants it.
 * Used by the server before it starts, by commands on a folder, and by `faktory doctor`.
 *
 * Note: the system is asked, not the mode of the file, because groups and access lists count too.
 * Root must have become the owner of the folder before (become-owner.ts), because the system denies
 * root nothing.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';

/** A path that this user needs and cannot use. */
export interface Barrier {
  readonly path: string;
  /** What is wrong with the path. */
  readonly told: string;
  /** What to do. */
  readonly advice: string;
}

const { R_OK, W_OK, X_OK } = constants;
/**
 * Root becomes the owner of the folder. Another user may have forgotten sudo, and must not take the
 * folder from its server.
 */
const STARTED_BY_ROOT = process.geteuid?.() === 0; // as this file is loaded

/** The files that a server opens in its folder. */
const files = ['faktory.db', 'faktory.db-wal', 'faktory.db-shm', 'faktory.lock', 'tokens.json', 'audit.log'];

/**
 * Each path of the folder that this user cannot use; of its parent folders only the first closed
 * one.
 */
export function barriers(dir: string): Barrier[] {
  const folder = resolve(dir);
  const above = parentsOf(folder).find((path) => isRefused(path, X_OK));
  if (above !== undefined) return [closedParent(above, folder)];
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    return [{ path: folder, told: `the data folder ${folder} is a file`, advice: 'name a folder with -d' }];
  if (isRefused(folder, R_OK | W_OK | X_OK)) return [barrier(folder, 'rwx')];
  const backups = join(folder, 'backups');
  return [
    ...files
      .map((name) => join(folder, name))
      .filter((path) => isRefused(path, R_OK | W_OK))
      .map((path) => barrier(path, 'rw')),
    ...(isRefused(backups, R_OK | W_OK | X_OK) ? [barrier(backups, 'rwx')] : []),
  ];
}

/**
 * Throws STORAGE with the first barrier and what to do. A server runs without its audit log, whose
 * loss it logs, and without `backups/`, which only commands need.
 */
export function refuseBarred(dir: string, needed: 'by the server' | 'by commands'): void {
  const spared = needed === 'by the server' ? ['audit.log', 'backups'] : ['audit.log'];
  const paths = spared.map((name) => join(resolve(dir), name));
  const first = barriers(dir).find(({ path }) => !paths.includes(path));
  if (first) throw new FaktoryError('STORAGE', `${first.told}; ${first.advice}`);
}

/** What to do when the system denies this user access to `path`. */
export function cureOf(path: string): string {
  return barrier(path, 'rw').advice;
}

/** The parent folders, from the root of the file system down. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}

function isRefused(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM'; // a missing path or a bad disk has its own error
  }
}

function closedParent(path: string, folder: string): Barrier {
  const told = `${user()} cannot reach ${folder}: the folder ${path} above it is closed to that user`;
  const own = ownerOf(path) === process.geteuid?.();
  const advice = `chmod ${own ? 'u' : 'o'}+x ${path}, or choose another data folder with -d`;
  return { path, told, advice: own ? advice : unlessForgotten(advice) };
}

function barrier(path: string, rights: 'rw' | 'rwx'): Barrier {
  const own = ownerOf(path) === process.geteuid?.();
  const told = `${user()} cannot read and write ${path}`;
  return {
    path,
    told,
    advice: own ? `chmod u+${rights} ${path}` : unlessForgotten(`as root: chown ${user()} ${path}`),
  };
}

function unlessForgotten(advice: string): string {
  if (STARTED_BY_ROOT) return advice;
  return `start this with sudo, or as the user who owns the folder; if ${user()} is to use it: ${advice}`;
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined; // in a closed folder
  }
}

/** The name of this user, or the number when the system has no name for it. */
function user(): string {
  const uid = process.geteuid?.();
  try {
    const { username } = userInfo();
    if (userInfo().uid === uid) return username;
  } catch {
    // a user without a name, as in a container
  }
  return String(uid ?? 'this user');
}
