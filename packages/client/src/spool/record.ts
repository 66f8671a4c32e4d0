/*
 * The lines of a spool file: each with its checksum, so that one that a crash left half-written is known.
 * It must never give a record whose checksum is wrong. A stranger would get wrong that a bad record is no error by itself: at the
 * end of the file it is what was being written when the machine died, and nobody was told that it is there.
 */

import zlib from 'node:zlib';
import { FaktoryError } from '@faktory-ts/protocol';

/** Whose lines these are, and how many were answered before the first in the file. */
export interface SpoolHead {
  v: 1;
  producer: string;
  answered: number;
}

/** A PUSH or PUSHB that waits. */
export interface SpooledLine {
  /** Jobs in it. */
  jobs: number;
  /** The command without its line end. */
  text: string;
  /** It stands for jobs of answered lines, from the next `done` on. Without one it was never said. */
  part?: boolean;
}

export type SpoolRecord =
  | { kind: 'head'; head: SpoolHead }
  | { kind: 'line'; line: SpooledLine }
  /** Lines up to this number are answered. */
  | { kind: 'done'; upTo: number };

/** The record as it stands in the file, line end included. */
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

/** Reads one record, without its line end. Undefined = it is none, or not whole. */
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

/** A whole record and where it stands. */
export interface PlacedRecord {
  record: SpoolRecord;
  offset: number;
  length: number;
}

/**
 * Every record of a file, up to a torn end. Gives also where they end.
 *
 * @throws FaktoryError `STORAGE` when a record is bad and a good one follows: that is damage, no torn end.
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
      const text = `the spool ${path} is damaged at byte ${end}; move it away: what is in it can be read by eye`;
      throw new FaktoryError('STORAGE', text);
    } else {
      records.push({ record, offset, length: next - offset });
      end = next;
    }
    offset = next;
  }
  return { records, end };
}
