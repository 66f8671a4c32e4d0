/**
 * Opens files in a data folder so that they stay private and belong to the folder's owner.
 *
 * Note: a file is never opened through a symbolic link, because root may work in a folder of another user, and that user could point
 * the name at any file of root. For the same reason the owner is changed through the descriptor, and only of a file that was made here.
 */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';

const PRIVATE = 0o600;
const OTHERS = 0o007;
const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
const { O_DIRECTORY = 0, O_NOFOLLOW = 0 } = constants; // Windows has neither

/**
 * Opens a file for reading and appending; returns its descriptor. A missing file is created with mode 0600 and the owner of its folder.
 * Throws STORAGE when the name is a symbolic link or no regular file, and the system's error otherwise.
 */
export function openOwned(path: string): number {
  try {
    return createOwned(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  refuseLink(path);
  const fd = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW, PRIVATE);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new FaktoryError('STORAGE', `${path} is not a regular file; move it away`);
}

/** Creates the file when it is missing, and takes read and write rights from all other users. */
export function keepPrivate(path: string): void {
  const fd = openOwned(path);
  try {
    if (process.platform !== 'win32' && (fstatSync(fd).mode & OTHERS) !== 0) fchmodSync(fd, PRIVATE);
  } finally {
    closeSync(fd);
  }
}

/** Appends to the file, which is created when it is missing. */
export function appendOwned(path: string, text: string): void {
  const fd = openOwned(path);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** Replaces the whole file: after a crash it is the old one or the new one. Throws EEXIST while another process replaces it. */
export function replaceOwned(path: string, text: string): void {
  const fresh = `${path}.new`;
  const fd = createOwned(fresh);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, path);
}

/** Throws STORAGE when the name is a symbolic link. */
export function refuseLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const text = `${path} is a symbolic link, which is not followed; put the file itself there`;
  throw new FaktoryError('STORAGE', text);
}

/** Creates a file and returns its descriptor. Throws EEXIST where the name is taken, by a link too. */
export function createOwned(path: string): number {
  const fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE);
  try {
    if (process.platform !== 'win32') fchmodSync(fd, PRIVATE); // whatever the umask says
    giveToOwner(fd, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Creates a folder with mode 0700 and the owner of the folder that it is in. Throws EEXIST where the name is taken. */
export function createOwnedFolder(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    giveToOwner(fd, path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Note: the folder's name may lead elsewhere by now. So the owner is read from a descriptor, and STORAGE is thrown when the folder of that
 * descriptor does not have the file.
 */
function giveToOwner(fd: number, path: string): void {
  if (process.getuid?.() !== 0) return;
  const folder = openSync(dirname(path), O_RDONLY | O_DIRECTORY);
  try {
    const { uid, gid } = fstatSync(folder);
    if (!holds(folder, path, fd)) {
      const text = `${dirname(path)} was replaced while ${path} was made; let no other user change that folder's name`;
      throw new FaktoryError('STORAGE', text);
    }
    fchownSync(fd, uid, gid);
  } finally {
    closeSync(folder);
  }
}

/** Whether the open folder has the open file under its name. Only Linux names a file by the descriptor of its folder. */
function holds(folder: number, path: string, fd: number): boolean {
  const opened = `/proc/self/fd/${folder}`;
  const name = existsSync(opened) ? `${opened}/${basename(path)}` : path;
  const found = lstatSync(name, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(fd);
  return found?.dev === dev && found.ino === ino;
}
