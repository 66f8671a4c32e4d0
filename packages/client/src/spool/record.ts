/**
 * The records of a spool file, each with a checksum, so that a record which a crash left incomplete
 * is recognised. A record with a wrong checksum is never returned.
 *
 * Note: a bad record at the end of the file is not damage. It was being written when the machine
 * stopped, so no push was confirmed for it.
 */

import zlib from 'node:zlib';
import { FaktoryError } from '@faktory-ts/protocol';

/** The producer's name, and the number of answered lines before the first one in the file. */
export interface SpoolHead {
  v: 1;
  producer: string;
  answered: number;
}

/** A waiting PUSH or PUSHB. */
export interface SpooledLine {
  /** Number of its jobs. */
  jobs: number;
  /** The command without its line end. */
  text: string;
  /**
   * It holds jobs of answered lines, and is valid from the next `done` on. Without one it is
   * ignored.
   */
  part?: boolean;
}

export type SpoolRecord =
  | { kind: 'head'; head: SpoolHead }
  | { kind: 'line'; line: SpooledLine }
  /** Lines up to this number are answered. */
  | { kind: 'done'; upTo: number };

/** The record as text of the file, with its line end. */
export function recordText(record: SpoolRecord): string {
  const body = bodyOf(record);
  return `${checksum(Buffer.from(body))} ${body}\n`;
}

function bodyOf(record: SpoolRecord): string {
  if (record.kind === 'head') return `spool ${JSON.stringify(record.head)}`;
  if (record.kind === 'done') return `done ${record.upTo}`;
  const { jobs, text, part } = record.line;
  return `${part ? 'part' : 'line'} ${jobs} ${text}`;
}

/** Parses a record without its line end. Undefined: it is invalid or incomplete. */
export function readRecord(bytes: Buffer): SpoolRecord | undefined {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 8) !== checksum(bytes.subarray(9))) return undefined;
  const body = bytes.toString('utf8', 9);
  const [, kind = '', rest = ''] = /^(\w+) (.*)$/s.exec(body) ?? [];
  if (kind === 'spool') return { kind: 'head', head: JSON.parse(rest) as SpoolHead };
  if (kind === 'done') return { kind, upTo: Number(rest) };
  const [, jobs, text = ''] = /^(\d+) (PUSHB? .*)$/s.exec(rest) ?? [];
  if (jobs === undefined) return undefined;
  return { kind: 'line', line: { jobs: Number(jobs), text, part: kind === 'part' } };
}

function checksum(bytes: Uint8Array): string {
  return zlib.crc32(bytes).toString(16).padStart(8, '0');
}

/** A complete record and its position. */
export interface PlacedRecord {
  record: SpoolRecord;
  offset: number;
  length: number;
}

/**
 * Parses every record of a file up to a torn end. Returns also the end of the last one.
 *
 * @throws FaktoryError `STORAGE` when a bad record is followed by a good one: that is damage, not a
 * torn end.
 */
export function scan(bytes: Buffer, path: string): { records: PlacedRecord[]; end: number } {
  const records: PlacedRecord[] = [];
  let [offset, end] = [0, 0];
  let bad = false;
  while (offset < bytes.length) {
    const newline = bytes.indexOf(10, offset);
    const record = newline < 0 ? undefined : readRecord(bytes.subarray(offset, newline));
    const next = newline < 0 ? bytes.length : newline + 1;
    if (record === undefined) bad = true;
    else if (bad) {
      const text = `the spool ${path} is damaged at byte ${end}; move it away; it is readable text`;
      throw new FaktoryError('STORAGE', text);
    } else {
      records.push({ record, offset, length: next - offset });
      end = next;
    }
    offset = next;
  }
  return { records, end };
}
