/**
 * Reads the bytes of an RDB file, in order or from any offset, and the numbers and strings in it.
 * Numbers are big-endian unless the name says otherwise. A length in the file is checked against
 * its size before memory is allocated.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import { Crc64 } from './crc64.ts';
import { decompressLzf } from './lzf.ts';

const BUFFER = 256 * 1024;
/** Longest text that JavaScript can hold with any characters. Redis allows twice as much. */
const LONGEST = 256 * 1024 * 1024;
/** Most bytes that LZF makes of one byte: three bytes repeat 264. */
const LZF_MOST = 88;

export class FileBytes {
  readonly path: string;
  readonly size: number;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  /** Offset of the buffer in the file. */
  #start = 0;
  #filled = 0;
  #at = 0;
  /** Checksum of what was read since the beginning; dropped at the first jump. */
  #crc: Crc64 | undefined = new Crc64();
  #summed = 0;

  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'r');
      const found = fstatSync(this.#fd);
      if (!found.isFile()) throw new FaktoryError('NOT_FOUND', `${path} is not a file`);
      this.size = found.size;
    } catch (cause) {
      if (cause instanceof FaktoryError) throw cause;
      const text = `${path} cannot be opened: ${(cause as Error).message}`;
      throw new FaktoryError('NOT_FOUND', text, { cause });
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Offset of the next byte in the file. */
  get offset(): number {
    return this.#start + this.#at;
  }

  /** The checksum of all bytes before the next one. */
  sum(): bigint {
    this.#crc?.add(this.#buffer.subarray(this.#summed, this.#at));
    this.#summed = this.#at;
    return this.#crc?.sum ?? 0n;
  }

  /** Continues at another offset. */
  jump(offset: number): void {
    this.#crc = undefined;
    const inside = offset - this.#start;
    if (inside >= 0 && inside <= this.#filled) {
      this.#at = inside;
    } else {
      this.#start = offset;
      this.#filled = this.#at = 0;
    }
  }

  byte(): number {
    if (this.#at >= this.#filled) this.#refill(1);
    return this.#buffer[this.#at++] ?? 0;
  }

  /** Returns the next bytes as a copy. */
  take(length: number): Buffer {
    this.#need(length);
    const taken = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      if (this.#at >= this.#filled) this.#refill(1);
      const copied = this.#buffer.copy(taken, done, this.#at, this.#filled);
      this.#at += copied;
      done += copied;
    }
    return taken;
  }

  skip(length: number): void {
    this.#need(length);
    for (let left = length; left > 0; ) {
      if (this.#at >= this.#filled) this.#refill(1);
      const step = Math.min(left, this.#filled - this.#at);
      this.#at += step;
      left -= step;
    }
  }

  /** A length or a count; also the number of a database. */
  length(): number {
    const first = this.byte();
    if (first >> 6 === 3) this.fail('a length was expected here');
    return this.#lengthFrom(first);
  }

  string(): Buffer {
    const first = this.byte();
    if (first >> 6 !== 3) return this.take(this.#bounded(this.#lengthFrom(first)));
    switch (first & 63) {
      case 0:
        return digits(this.take(1).readInt8());
      case 1:
        return digits(this.take(2).readInt16LE());
      case 2:
        return digits(this.take(4).readInt32LE());
      case 3:
        return this.#compressed();
      default:
        return this.fail(`a string of an unknown form (${first & 63})`);
    }
  }

  skipString(): void {
    const first = this.byte();
    if (first >> 6 !== 3) this.skip(this.#lengthFrom(first));
    else if ((first & 63) < 3) this.skip(1 << (first & 63));
    else if ((first & 63) === 3) {
      const packed = this.length();
      this.length();
      this.skip(packed);
    } else this.fail(`a string of an unknown form (${first & 63})`);
  }

  /** Throws MALFORMED with the place. */
  fail(what: string, offset = this.offset): never {
    throw new FaktoryError('MALFORMED', `${this.path} is damaged at byte ${offset}: ${what}`);
  }

  #lengthFrom(first: number): number {
    if (first >> 6 === 0) return first & 63;
    if (first >> 6 === 1) return ((first & 63) << 8) | this.byte();
    if (first === 0x80) return this.take(4).readUInt32BE();
    if (first !== 0x81) return this.fail(`a length of an unknown form (${first})`);
    const long = this.take(8).readBigUInt64BE();
    return long <= Number.MAX_SAFE_INTEGER ? Number(long) : this.fail(`a length of ${long}`);
  }

  #compressed(): Buffer {
    const packed = this.length();
    const length = this.#bounded(this.length());
    if (length > packed * LZF_MOST) this.fail(`${packed} bytes cannot hold ${length}`);
    const began = this.offset;
    return decompressLzf(this.take(packed), length) ?? this.fail('a compressed string cannot be read', began);
  }

  #bounded(length: number): number {
    return length <= LONGEST ? length : this.fail(`a string of ${length} bytes, more than can be read`);
  }

  #need(length: number): void {
    if (length > this.size - this.offset) {
      this.fail(`${length} bytes were expected, the file ends after ${this.size - this.offset}`);
    }
  }

  /** Reads on when the buffer is used up. */
  #refill(least: number): void {
    this.#need(least);
    this.sum();
    this.#start = this.offset;
    this.#at = this.#summed = 0;
    try {
      this.#filled = readSync(this.#fd, this.#buffer, 0, BUFFER, this.#start);
    } catch (cause) {
      const text = `${this.path} cannot be read at byte ${this.#start}: ${(cause as Error).message}`;
      throw new FaktoryError('STORAGE', text, { cause });
    }
    if (this.#filled === 0) this.fail('the file became shorter while it was read');
  }
}

function digits(number: number): Buffer {
  return Buffer.from(String(number));
}
