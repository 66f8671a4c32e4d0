/**
 * Reads small lists that Redis stores in one string: ziplists (until 6), listpacks (since 7), and
 * sets of integers. Numbers in them are little-endian unless noted. Bad bytes throw Unreadable,
 * which the caller turns into an error with the place in the file.
 */

/** The content of a string is bad. */
export class Unreadable extends Error {}

/** Reads bytes in order up to their end. */
class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Unreadable('an entry is longer than its list');
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** A signed number of `length` bytes, as text. */
  integer(length: number): Buffer {
    const bytes = this.take(length);
    return text(length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, length));
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }
}

const text = (number: number | bigint): Buffer => Buffer.from(String(number));
const END = 0xff;

/** The entries of a ziplist in order. */
export function ziplist(bytes: Buffer): Buffer[] {
  return entries(bytes, 10, (cursor) => {
    if (cursor.byte() === 0xfe) cursor.take(4); // the length of the entry before it
    return ziplistEntry(cursor);
  });
}

function ziplistEntry(cursor: Cursor): Buffer {
  const first = cursor.byte();
  if (first >> 6 === 0) return cursor.take(first & 63);
  if (first >> 6 === 1) return cursor.take(((first & 63) << 8) | cursor.byte());
  if (first === 0x80) return cursor.take(cursor.take(4).readUInt32BE());
  if (first === 0xc0) return cursor.integer(2);
  if (first === 0xd0) return cursor.integer(4);
  if (first === 0xe0) return cursor.integer(8);
  if (first === 0xf0) return cursor.integer(3);
  if (first === 0xfe) return cursor.integer(1);
  if (first > 0xf0 && first < 0xfe) return text((first & 15) - 1);
  throw new Unreadable(`an entry of an unknown form (${first})`);
}

/** The entries of a listpack in order. */
export function listpack(bytes: Buffer): Buffer[] {
  return entries(bytes, 6, (cursor) => {
    const began = cursor.at;
    const entry = listpackEntry(cursor);
    cursor.take(backLength(cursor.at - began));
    return entry;
  });
}

function listpackEntry(cursor: Cursor): Buffer {
  const first = cursor.byte();
  if (first < 0x80) return text(first);
  if (first < 0xc0) return cursor.take(first & 63);
  if (first < 0xe0) {
    const unsigned = ((first & 31) << 8) | cursor.byte();
    return text(unsigned < 0x1000 ? unsigned : unsigned - 0x2000);
  }
  if (first < 0xf0) return cursor.take(((first & 15) << 8) | cursor.byte());
  if (first === 0xf0) return cursor.take(cursor.take(4).readUInt32LE());
  if (first === 0xf1) return cursor.integer(2);
  if (first === 0xf2) return cursor.integer(3);
  if (first === 0xf3) return cursor.integer(4);
  if (first === 0xf4) return cursor.integer(8);
  throw new Unreadable(`an entry of an unknown form (${first})`);
}

/**
 * Number of bytes after an entry that repeat its length, so that the list can be read backwards.
 */
function backLength(entry: number): number {
  if (entry < 128) return 1;
  if (entry < 16_383) return 2;
  if (entry < 2_097_151) return 3;
  return entry < 268_435_455 ? 4 : 5;
}

function entries(bytes: Buffer, head: number, next: (cursor: Cursor) => Buffer): Buffer[] {
  if (bytes.length <= head) throw new Unreadable('a list that is shorter than its header');
  if (bytes.readUInt32LE() !== bytes.length)
    throw new Unreadable('a list whose length differs from its header');
  const found: Buffer[] = [];
  const cursor = new Cursor(bytes, head);
  while (bytes[cursor.at] !== END) found.push(next(cursor));
  cursor.byte();
  if (!cursor.done) throw new Unreadable('a list with an end mark before its end');
  return found;
}

/** The members of a set of integers. */
export function intset(bytes: Buffer): Buffer[] {
  if (bytes.length < 8) throw new Unreadable('a set that is shorter than its header');
  const [size, count] = [bytes.readUInt32LE(), bytes.readUInt32LE(4)];
  if (![2, 4, 8].includes(size) || bytes.length !== 8 + size * count) {
    throw new Unreadable('a set of integers whose length differs from its header');
  }
  const cursor = new Cursor(bytes, 8);
  return Array.from({ length: count }, () => cursor.integer(size));
}
