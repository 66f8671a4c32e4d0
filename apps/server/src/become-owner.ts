/*
 * Root becomes the owner of the data folder before it touches a file there.
 *
 * That user may change every name in the folder at any moment, so no check of a name protects root: a link would make root write, or
 * SQLite open, a file somewhere else. As the owner, a process can do no more than the owner could. Files that only root can read
 * (configuration, certificates, a dump) must be opened before.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger } from '@faktory-ts/server';

/**
 * Gives up the rights of root when the folder belongs to another user; for good. Does nothing for other users, for a folder of root's,
 * and for one that does not exist. Throws CONFIG when that user cannot read this program, or the system refuses.
 */
export function becomeOwner(dir: string | undefined, log?: Pick<Logger, 'info'>): void {
  const { geteuid, setgid, setuid } = process;
  if (!geteuid || !setgid || !setuid || geteuid() !== 0 || dir === undefined) return;
  const owner = statSync(dir, { throwIfNoEntry: false });
  if (!owner || owner.uid === 0) return;
  const { uid, gid } = owner;
  refuseUnreadable(dir, uid);
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

/** Missing in Node's own types. */
interface Groups {
  initgroups?(user: number, group: number): void;
}

/** All groups of the user, so that a certificate which its group may read stays readable. */
function takeGroups(uid: number, gid: number): void {
  try {
    (process as Groups).initgroups?.(uid, gid);
  } catch {
    process.setgroups?.([gid]); // a user without a name, as in a container
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
