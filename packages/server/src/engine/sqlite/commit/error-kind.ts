/**
 * Maps errors of SQLite and of the file system to the kinds of storage errors.
 */
import type { StorageErrorKind } from '../../engine.ts';

/** Primary result codes of SQLite. */
const ofSqlite = new Map<number, StorageErrorKind>([
  [3, 'io'], // PERM
  [5, 'locked'], // BUSY
  [6, 'locked'], // LOCKED
  [8, 'io'], // READONLY
  [10, 'io'], // IOERR
  [11, 'corrupt'], // CORRUPT
  [13, 'full'], // FULL
  [14, 'io'], // CANTOPEN
  [15, 'locked'], // PROTOCOL: other processes kept changing the locks
  [26, 'corrupt'], // NOTADB
]);

const ofSystem: Readonly<Record<string, StorageErrorKind>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EIO: 'io',
  EROFS: 'io',
  EACCES: 'io',
  EMFILE: 'io',
};

/** Returns the kind of an error. Both SQLite bindings set `errcode`. */
export function kindOf(error: unknown): StorageErrorKind {
  if (typeof error !== 'object' || error === null) return 'other';
  const { errcode, code, cause } = error as { errcode?: unknown; code?: unknown; cause?: unknown };
  if (typeof errcode === 'number') return ofSqlite.get(errcode & 0xff) ?? 'other';
  const system = typeof code === 'string' ? ofSystem[code] : undefined;
  return system ?? (cause === undefined ? 'other' : kindOf(cause));
}

/** Whether another connection holds the lock. Nothing was written, and a retry may succeed. */
export const isLocked = (error: unknown): boolean => kindOf(error) === 'locked';
