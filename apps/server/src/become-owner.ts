/*
 * Root becomes the owner of the data folder before it touches a file there.
 *
 * That user may change every name in the folder at any moment, so no check of a name protects root: a link would make root write, or
 * SQLite open, a file somewhere else. As the owner, a process can do no more than the owner could. Files that only root can read
 * (configuration, certificates, a dump) must be opened before.
 */
import { closeSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger } from '@faktory-ts/server';

/**
 * Gives up the rights of root when the folder belongs to another user; for good. A folder that does not exist belongs to the owner of
 * the folder that it will be made in. Does nothing for other users and for a folder of root's. Throws CONFIG for a path with a link that
 * another user made, when the owner cannot read this program, and when the system refuses.
 */
export function becomeOwner(dir: string | undefined, log?: Pick<Logger, 'info'>): void {
  const { geteuid, setgid, setuid } = process;
  if (!geteuid || !setgid || !setuid || geteuid() !== 0 || dir === undefined) return;
  refuseLinks(resolve(dir));
  const { uid, gid: folderGroup } = nearest(resolve(dir));
  if (uid === 0) return;
  refuseUnreadable(dir, uid);
  const gid = groupOf(uid) ?? (folderGroup === 0 ? uid : folderGroup);
  try {
    takeGroups(uid, gid);
    setgid(gid);
    setuid(uid);
  } catch (cause) {
    const text = `root must not work in ${dir}, which belongs to user ${uid}, and cannot become that user (${(cause as Error).message}); run this as user ${uid}`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
  log?.info(`the data folder ${dir} belongs to user ${uid}: running as that user instead of root`);
}

/** A link that another user made could lead root into any folder of root's. */
function refuseLinks(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && found.uid !== 0) {
    const text = `root must not follow the link ${path}, which user ${found.uid} made; name the folder that it leads to`;
    throw new FaktoryError('CONFIG', text);
  }
  if (path !== dirname(path)) refuseLinks(dirname(path));
}

/** The folder, or the nearest one above that exists. */
function nearest(path: string): Stats {
  return statSync(path, { throwIfNoEntry: false }) ?? nearest(dirname(path));
}

/** The user's own group, which is never root's because a folder has that group; undefined: the system does not know the user. */
function groupOf(uid: number): number | undefined {
  const { seteuid } = process;
  try {
    seteuid?.(uid);
    return userInfo().gid || undefined;
  } catch {
    return undefined; // a user without a name, as in a container
  } finally {
    seteuid?.(0);
  }
}

/** Missing in Node's own types. */
interface Groups {
  initgroups?(user: number, group: number): void;
}

/** All groups of the user, so that a certificate which its group may read stays readable. */
function takeGroups(uid: number, gid: number): void {
  try {
    (process as Groups).initgroups?.(uid, gid);
  } catch {
    process.setgroups?.([gid]); // a user without a name
  }
}

/** Modules are loaded later too, and backups run Node in a process of its own. */
function refuseUnreadable(dir: string, uid: number): void {
  const { seteuid } = process;
  for (const path of [process.execPath, fileURLToPath(import.meta.url)]) {
    try {
      seteuid?.(uid);
      closeSync(openSync(path, 'r'));
    } catch (cause) {
      const text = `root must not work in ${dir}, which belongs to user ${uid}, and that user cannot read ${path}; install it where all users can read it`;
      throw new FaktoryError('CONFIG', text, { cause });
    } finally {
      seteuid?.(0);
    }
  }
}
