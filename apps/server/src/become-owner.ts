/**
 * Makes root become the user who controls the data folder before a file there is touched.
 *
 * Note: that user can change every name in the folder at any moment, so no check of a name protects
 * root: a link would make root or SQLite write a file somewhere else. As that user, the process can
 * do no more than the user can.
 * Note: files that only root can read (configuration, certificates, a dump) must be opened before.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger } from '@faktory-ts/server';
import { ownerOfPath } from './path-owner.ts';

/** Options of {@link becomeOwner}. */
export interface BecomeOptions {
  /**
   * For a missing folder inside a folder of all users: make it as root, or refuse with NOT_FOUND.
   */
  readonly missing: 'make' | 'refuse';
  readonly log?: Pick<Logger, 'info'>;
}

/**
 * Gives up the rights of root for good when another user controls the folder or a part of its path:
 * root becomes the first such user on the path. Does nothing for other users, and when only root
 * controls the path. Throws CONFIG when several users control the path, when the user cannot read
 * this program, and when the system refuses.
 */
export function becomeOwner(dir: string | undefined, { missing, log }: BecomeOptions): void {
  const { geteuid, setgid, setuid } = process;
  if (!geteuid || !setgid || !setuid || geteuid() !== 0 || dir === undefined) return;
  const owner = decide(resolve(dir), missing);
  if (owner === undefined) return;
  const { uid, gid: folderGroup, part } = owner;
  refuseUnreadable(part, uid);
  const gid = groupOf(uid) ?? (folderGroup === 0 ? uid : folderGroup);
  try {
    takeGroups(uid, gid);
    setgid(gid);
    setuid(uid);
  } catch (cause) {
    const text = `root must not work in ${part}, which belongs to user ${uid}, and cannot become that user (${(cause as Error).message}); run this as user ${uid}`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
  const what = part === resolve(dir) ? `the data folder ${dir}` : `${part}, which the data folder is in,`;
  log?.info(`${what} belongs to user ${uid}: running as that user instead of root`);
}

type User = Extract<ReturnType<typeof ownerOfPath>, { is: 'user' }>;

/**
 * Returns undefined for root. A missing part is made at once, because another user could make it
 * later.
 */
function decide(path: string, missing: BecomeOptions['missing'], tries = 10): User | undefined {
  const owner = ownerOfPath(path);
  if (owner.is === 'root') return undefined;
  if (owner.is === 'user') return owner;
  if (missing === 'refuse')
    throw new FaktoryError('NOT_FOUND', `there is no data folder ${path}; name the server's folder with -d`);
  try {
    mkdirSync(owner.part, { mode: 0o700 });
  } catch (error) {
    // Another process has just made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 0) throw error;
  }
  return decide(path, missing, tries - 1);
}

/**
 * The user's own group, never root's group because a folder has it; undefined when the system does
 * not know the user.
 */
function groupOf(uid: number): number | undefined {
  try {
    return asUser(uid, () => userInfo().gid) || undefined;
  } catch {
    return undefined; // a user without a name, as in a container
  }
}

/** Calls `work` with the rights of this user, and becomes root again. */
function asUser<T>(uid: number, work: () => T): T {
  const { seteuid } = process;
  try {
    seteuid?.(uid);
    return work();
  } finally {
    seteuid?.(0);
  }
}

/** Missing in Node's own types. */
interface Groups {
  initgroups?(user: number, group: number): void;
}

/** Takes all groups of the user, so that a certificate that a group may read stays readable. */
function takeGroups(uid: number, gid: number): void {
  try {
    (process as Groups).initgroups?.(uid, gid);
  } catch {
    process.setgroups?.([gid]); // a user without a name
  }
}

/**
 * Throws when the user cannot read this program, because modules are loaded later too, and backups
 * start another Node process.
 */
function refuseUnreadable(dir: string, uid: number): void {
  for (const path of [process.execPath, fileURLToPath(import.meta.url)]) {
    try {
      asUser(uid, () => closeSync(openSync(path, 'r')));
    } catch (cause) {
      const text = `root must not work in ${dir}, which belongs to user ${uid}, and that user cannot read ${path}; install it where all users can read it`;
      throw new FaktoryError('CONFIG', text, { cause });
    }
  }
}
