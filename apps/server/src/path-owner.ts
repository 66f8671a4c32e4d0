/**
 * Decides with whose rights a process of root may use a path: with those of the first user other
 * than root who controls a part of it.
 *
 * Note: the walk starts at the root folder, because only there a name is safe: root's part of a
 * folder that only root can write cannot be replaced. After the first part that another user
 * controls, every name can change at any moment, so the walk ends.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';

/** The calls of the file system that the walk needs. */
export interface PathLook {
  /** The part itself, even when it is a link; undefined when it does not exist. */
  lstat(path: string): Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink'> | undefined;
  readlink(path: string): string;
}

/** The user whose rights a path needs. */
export type PathOwner =
  /** Only root controls the path. */
  | { readonly is: 'root' }
  /** Another user controls `part` and everything below it. */
  | { readonly is: 'user'; readonly uid: number; readonly gid: number; readonly part: string }
  /** `part` is missing in a folder like /tmp, where every user could make it. */
  | { readonly is: 'missing'; readonly part: string };

const FILES: PathLook = {
  lstat: (path) => lstatSync(path, { throwIfNoEntry: false }),
  readlink: readlinkSync,
};
const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const mostLinks = 40; // as in Linux

/**
 * Decides for an absolute path. Throws CONFIG when other users can replace a folder of root,
 * because no user can be chosen then, and for a path with more than 40 links.
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

/**
 * In a sticky folder only the owner of a part can replace it; in other shared folders every user
 * who can write there.
 */
function refuseOpen(
  folder: string,
  { mode }: { readonly mode: number },
  next: { readonly uid: number } | undefined,
): void {
  if ((mode & STICKY) !== 0 || (next !== undefined && next.uid !== 0)) return;
  const text = `root must not work in ${folder}, because other users can write there (mode ${(mode & 0o7777).toString(8)}); run chmod go-w ${folder}, or give the data folder to the user who runs this`;
  throw new FaktoryError('CONFIG', text);
}
