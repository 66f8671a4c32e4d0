/**
 * Files of the data folder that only its owner reads, whatever the umask says and whoever writes them.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const PRIVATE = 0o600;

/** Makes the file private, and the folder's owner its owner: root may have run a command for a server that is not root's. */
export function makePrivate(path: string): void {
  if (process.platform === 'win32') return;
  chmodSync(path, PRIVATE);
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}

/** Replaces the file as a whole: after a crash it is the old one or the new one. Throws EEXIST while another process does the same. */
export function replacePrivate(path: string, text: string): void {
  const fresh = `${path}.new`;
  const fd = openSync(fresh, 'wx', PRIVATE);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  makePrivate(fresh);
  renameSync(fresh, path);
}
