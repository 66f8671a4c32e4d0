/**
 * File operations of the spool: opening the file and cutting off a torn end, and complete reads and
 * writes. Readable records are never cut off.
 *
 * Note: one write call may write only a part.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FaktoryError, newJid } from '@faktory-ts/protocol';
import { type PlacedRecord, recordText, type SpoolHead, scan } from './record.ts';

/** A file's contents. */
interface Opened {
  head: SpoolHead;
  records: PlacedRecord[];
  end: number;
}

/** The file's records, after a torn end was cut off; creates a missing file. */
export function opened(path: string): Opened {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const { records, end } = scan(bytes, path);
  const first = records[0]?.record;
  if (first === undefined && (bytes.length === 0 || !bytes.includes(10))) return made(path);
  if (first?.kind !== 'head' || first.head.v !== 1) {
    throw new FaktoryError('STORAGE', `${path} is not a spool of this version; choose another file`);
  }
  const kept = settled(records, end);
  if (kept.end < bytes.length) truncateSync(path, kept.end);
  return { head: first.head, ...kept };
}

/** Parts at the end without the `done` record that was written with them. */
function settled(all: readonly PlacedRecord[], end: number): Pick<Opened, 'records' | 'end'> {
  const last = all.findLastIndex(({ record }) => record.kind !== 'line' || !record.line.part);
  return { records: all.slice(0, last + 1), end: all[last + 1]?.offset ?? end };
}

function made(path: string): Opened {
  const head: SpoolHead = { v: 1, producer: newJid(), answered: 0 };
  const text = recordText({ kind: 'head', head });
  writeFileSync(path, text, { mode: 0o600, flush: true });
  syncFolder(path);
  return { head, records: [], end: Buffer.byteLength(text) };
}

/**
 * A new file name is stored in its folder, which needs its own sync. Windows cannot do it, and does
 * not need it.
 */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export async function writeAt(file: FileHandle, offset: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}

export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new Error('the file is shorter than it was');
    done += bytesRead;
  }
  return bytes;
}

/** A system error as a FaktoryError. */
export function failed(path: string, cause: unknown): FaktoryError {
  if (cause instanceof FaktoryError) return cause;
  return new FaktoryError('STORAGE', `the spool ${path} failed: ${(cause as Error).message}`, { cause });
}
