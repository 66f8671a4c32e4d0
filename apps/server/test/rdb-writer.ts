/**
 * Writes RDB files as Redis 3.2 to 7.2 did, in every form that the reader supports, including forms
 * that no Redis of today writes. import.test.ts loads such a file into a real Redis to check this
 * writer.
 */
import { Crc64 } from '../src/import/rdb/crc64.ts';

type Bytes = Buffer | string;

const bytes = (...parts: (Bytes | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));

function le(value: number | bigint, size: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(BigInt(value));
  return out.subarray(0, size);
}

/** A length, in its shortest form. */
export function length(value: number): Buffer {
  if (value < 64) return bytes(value);
  if (value < 16_384) return bytes(0x40 | (value >> 8), value & 255);
  const out = Buffer.alloc(5, 0x80);
  out.writeUInt32BE(value, 1);
  return out;
}

/** A string; whole numbers in their short form. */
export function string(text: Bytes): Buffer {
  const number = typeof text === 'string' && /^-?[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
  if (number === undefined) return bytes(length(Buffer.byteLength(text)), text);
  if (Math.abs(number) < 128) return bytes(0xc0, le(number, 1));
  return Math.abs(number) < 32_768 ? bytes(0xc1, le(number, 2)) : bytes(0xc2, le(number, 4));
}

/** `text` twice, the second time as a repetition of the first. */
export function compressedTwice(text: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < text.length; at += 32) {
    const part = Buffer.from(text.slice(at, at + 32));
    parts.push(bytes(part.length - 1, part));
  }
  const back = text.length - 1;
  const copied = text.length - 2; // at least 7 and at most 262 here
  parts.push(bytes(0xe0 | (back >> 8), copied - 7, back & 255));
  const packed = bytes(...parts);
  return bytes(0xc3, length(packed.length), length(text.length * 2), packed);
}

function entry(text: string): Buffer {
  if (/^-?\d{1,18}$/.test(text)) {
    const number = BigInt(text);
    if (number >= 0n && number <= 12n) return bytes(0xf1 + Number(number));
    for (const [code, size] of [
      [0xfe, 1],
      [0xc0, 2],
      [0xf0, 3],
      [0xd0, 4],
    ] as const) {
      if (BigInt.asIntN(size * 8, number) === number) return bytes(code, le(number, size));
    }
    return bytes(0xe0, le(number, 8));
  }
  const size = Buffer.byteLength(text);
  if (size < 64) return bytes(size, text);
  if (size < 16_384) return bytes(0x40 | (size >> 8), size & 255, text);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(size);
  return bytes(0x80, head, text);
}

export function ziplist(entries: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  let [at, last] = [10, 10];
  for (const text of entries) {
    const part = bytes(before < 254 ? Buffer.of(before) : bytes(0xfe, le(before, 4)), entry(text));
    parts.push(part);
    [last, before] = [at, part.length];
    at += part.length;
  }
  return bytes(le(at + 1, 4), le(last, 4), le(entries.length, 2), ...parts, 0xff);
}

export function listpack(entries: readonly string[]): Buffer {
  const parts = entries.map((text) => {
    const size = Buffer.byteLength(text);
    const head =
      size < 64
        ? bytes(0x80 | size)
        : size < 4096
          ? bytes(0xe0 | (size >> 8), size & 255)
          : bytes(0xf0, le(size, 4));
    const number = /^\d{1,2}$/.test(text);
    const part = number ? bytes(Number(text)) : bytes(head, text);
    return bytes(part, part.length < 128 ? part.length : bytes(part.length >> 7, (part.length & 127) | 128));
  });
  const size = parts.reduce((sum, part) => sum + part.length, 7);
  return bytes(le(size, 4), le(entries.length, 2), ...parts, 0xff);
}

export const intset = (size: 2 | 4 | 8, numbers: readonly number[]): Buffer =>
  bytes(le(size, 4), le(numbers.length, 4), ...numbers.map((number) => le(number, size)));

export function double(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return out;
}

/** A score as text, as Redis wrote it until 4. */
export const oldDouble = (text: string): Buffer =>
  text === 'inf'
    ? bytes(254)
    : text === '-inf'
      ? bytes(255)
      : text === 'nan'
        ? bytes(253)
        : bytes(text.length, text);

export const value = (type: number, key: string, ...parts: (Bytes | number)[]): Buffer =>
  bytes(type, string(key), ...parts);
export const listed = (items: readonly Buffer[]): Buffer => bytes(length(items.length), ...items);
export const aside = (...parts: (Bytes | number)[]): Buffer => bytes(...parts);

/** The file; `summed` false is what `rdbchecksum no` makes. */
export function rdb(version: number, parts: readonly Buffer[], summed = true): Buffer {
  const body = bytes(`REDIS${String(version).padStart(4, '0')}`, ...parts, 0xff);
  if (version < 5) return body;
  const crc = new Crc64();
  crc.add(body);
  const sum = Buffer.alloc(8);
  if (summed) sum.writeBigUInt64LE(crc.sum);
  return bytes(body, sum);
}
