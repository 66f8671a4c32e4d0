/**
 * Finds the files of a data folder that its running server has open and that have lost their name:
 * they were deleted or moved away.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

const DELETED = ' (deleted)'; // as Linux marks the name of an open file
const [STORE, LOG, SHARED, LOCK] = ['faktory.db', 'faktory.db-wal', 'faktory.db-shm', 'faktory.lock'];

/**
 * Returns the names of the files that the server of this folder lost; empty where this cannot be
 * seen: without a server, on another system than Linux, for another user's process.
 *
 * This process is not looked at: its server knows the files itself, and on Node 20 a closed store
 * stays open until its statements are collected.
 */
export function namesLostByServer(folder: string): Set<string> {
  try {
    const pid = Number(readFileSync(join(folder, 'faktory.pid'), 'utf8'));
    if (!(pid > 0) || pid === process.pid) return new Set();
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return lostNames(links, realpathSync(folder), !existsSync(join(folder, LOCK)));
  } catch {
    return new Set();
  }
}

/**
 * The same, from the paths that the process has open. The pid file may name any process: one without
 * the lock is no server of the folder (any more), unless the folder has no lock either.
 */
export function lostNames(links: readonly string[], folder: string, lockMissing: boolean): Set<string> {
  const inside = `${folder}/`;
  const here = new Set(
    links.filter((path) => path.startsWith(inside)).map((path) => path.slice(inside.length)),
  );
  const without = [...here].map((name) => (name.endsWith(DELETED) ? name.slice(0, -DELETED.length) : name));
  const holdsLock = without.includes(LOCK);
  if (!holdsLock && !(lockMissing && without.includes(STORE))) return new Set();
  // A file that was moved away has any path, and mostly its old name. SQLite opens the store, then
  // the log, then the shared memory, and closes them in reverse order: a process that has one of
  // them has those before it.
  const names = new Set([...without, ...links.map((path) => basename(path))]);
  const isLost = (name: string, ...later: string[]): boolean =>
    here.has(name + DELETED) || (!here.has(name) && later.some((one) => names.has(one)));
  const lost = new Set<string>();
  if (isLost(STORE, LOG, SHARED)) lost.add(STORE);
  if (isLost(LOG, SHARED)) lost.add(LOG);
  if (!here.has(LOCK)) lost.add(LOCK);
  return lost;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
