/**
 * Takes the rights of all other users from a data folder and the files in it, at each start.
 *
 * Note: the folder itself is left alone when it has other files too, because then it is no folder
 * of the server alone (`-d /tmp`, `-d ~`).
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const OTHERS = 0o007;
const ours =
  /^(?:\.?faktory\.|audit\.log|(?:tokens|sessions)\.json|\.(?:salvaged|restored|compacted)\.db|\.write-test$|backups$|replaced-|lost\+found$)/;
const folders = /^(?:backups$|replaced-)/;
const { O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Makes the folder 0700 and its files 0600 where other users have rights; a group keeps its rights
 * where the others have none. Returns the changed paths. Never throws: what cannot be changed is
 * reported by `faktory doctor`.
 */
export function makePrivate(folder: string): string[] {
  if (process.platform === 'win32') return [];
  const names = namesIn(folder);
  const known = names.filter((name) => ours.test(name));
  const all = known.length === names.length ? [[folder, O_DIRECTORY] as const] : [];
  const paths = known.flatMap((name) => {
    const path = join(folder, name);
    if (!folders.test(name)) return [[path, O_NOFOLLOW] as const];
    const inside = namesIn(path).map((each) => [join(path, each), O_NOFOLLOW] as const);
    return [[path, O_DIRECTORY | O_NOFOLLOW] as const, ...inside];
  });
  return [...all, ...paths].filter(([path, how]) => close(path, how)).map(([path]) => path);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns whether the file or folder was open to other users and now is not. */
function close(path: string, how: number): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_NONBLOCK | how);
    const file = fstatSync(fd);
    const [sticky, mine] = [(file.mode & 0o1000) !== 0, file.uid === process.geteuid?.()];
    if ((file.mode & OTHERS) === 0 || sticky || !mine) return false;
    if (!file.isFile() && !file.isDirectory()) return false;
    fchmodSync(fd, file.isDirectory() ? 0o700 : 0o600);
    return true;
  } catch {
    return false; // a link, or a file that this user may not open
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
