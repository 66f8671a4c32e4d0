/*
 * Decides with whose rights a process of root may use a path: with those of the first user other than root who controls a part of it.
 *
 * Note: the walk starts at the root folder, because only there a name is safe: a part of root's in a folder that only root can write
 * cannot be swapped. Behind the first part that another user controls every name may lead elsewhere a moment later, so the walk ends.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';

/** What the walk looks at. */
export interface PathLook {
  /** The part itself, also when it is a link; undefined where there is none. */
  lstat(path: string): Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink'> | undefined;
  readlink(path: string): string;
}

/** Whose rights a path needs. */
export type PathOwner =
  /** Only root controls the path. */
  | { readonly is: 'root' }
  /** Another user controls `part` and everything behind it. */
  | { readonly is: 'user'; readonly uid: number; readonly gid: number; readonly part: string }
  /** `part` is missing in a folder like /tmp, where each user could make it. */
  | { readonly is: 'missing'; readonly part: string };

const FILES: PathLook = {
  lstat: (path) => lstatSync(path, { throwIfNoEntry: false }),
  readlink: readlinkSync,
};
const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const mostLinks = 40; // as Linux

/**
 * Decides for an absolute path. Throws CONFIG where other users can replace a folder of root's, because no user can be chosen then, and
 * for a path with more than 40 links.
 */
export function ownerOfPath(path: string, look: PathLook = FILES): PathOwner {
  const todo = partsOf(path);
  let [at, links, shared] = ['/', 0, false];
  for (;;) {
    const found = look.lstat(at);
    if (!found) return shared ? { is: 'missing', part: at } : { is: 'root' };
    if (found.uid !== 0) return { is: 'user', uid: found.uid, gid: found.gid, part: at };
    if (found.isSymbolicLink()) {
      if (++links > mostLinks) throw new FaktoryError('CONFIG', `${path} has more than ${mostLinks} links`);
      todo.unshift(...partsOf(resolve(dirname(at), look.readlink(at))));
      [at, shared] = ['/', false];
      continue;
    }
    shared = isShared(found);
    const next = todo.shift();
    if (shared) refuseOpen(at, found, next === undefined ? undefined : look.lstat(join(at, next)));
    if (next === undefined) return { is: 'root' };
    at = join(at, next);
  }
}

const partsOf = (path: string): string[] => path.split('/').filter(Boolean);

function isShared({ gid, mode }: { readonly gid: number; readonly mode: number }): boolean {
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && gid !== 0);
}

/** In a sticky folder only the owner of a part can replace it. In other shared folders every user who may write can. */
function refuseOpen(
  folder: string,
  { mode }: { readonly mode: number },
  next: { readonly uid: number } | undefined,
): void {
  if ((mode & STICKY) !== 0 || (next !== undefined && next.uid !== 0)) return;
  const text = `root must not work in ${folder}, because other users can write there (mode ${(mode & 0o7777).toString(8)}); run chmod go-w ${folder}, or give the data folder to the user who shall run this`;
  throw new FaktoryError('CONFIG', text);
}
