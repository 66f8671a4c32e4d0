/**
 * The checksum at the end of an RDB file: CRC-64 with the polynomial of Jones, as Redis computes
 * it. JavaScript has no fast 64-bit integers, so the two halves are separate numbers, and eight
 * bytes are processed in a step.
 */

// The polynomial 0xad93d23594c935a9 with its bits reversed.
const POLY_HIGH = 0x95ac9329;
const POLY_LOW = 0xac4bc9b5;

// Table n, at n * 256 + byte: the effect of the byte on the sum when n more bytes follow it.
const low = new Uint32Array(8 * 256);
const high = new Uint32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let [l, h] = [byte, 0];
  for (let bit = 0; bit < 8; bit++) {
    const out = l & 1;
    l = (l >>> 1) | (h << 31);
    h >>>= 1;
    if (out) {
      l ^= POLY_LOW;
      h ^= POLY_HIGH;
    }
  }
  low[byte] = l;
  high[byte] = h;
}
for (let n = 256; n < low.length; n++) {
  const [l, h] = [low[n - 256] ?? 0, high[n - 256] ?? 0];
  low[n] = ((l >>> 8) | (h << 24)) ^ (low[l & 255] ?? 0);
  high[n] = (h >>> 8) ^ (high[l & 255] ?? 0);
}

export class Crc64 {
  #low = 0;
  #high = 0;

  add(bytes: Uint8Array): void {
    let [l, h, at] = [this.#low, this.#high, 0];
    for (const end = bytes.length - 7; at < end; at += 8) {
      l ^= four(bytes, at);
      h ^= four(bytes, at + 4);
      const next = mix(low, l, h);
      h = mix(high, l, h);
      l = next;
    }
    for (; at < bytes.length; at++) {
      const n = (l ^ (bytes[at] ?? 0)) & 255;
      l = ((l >>> 8) | (h << 24)) ^ (low[n] ?? 0);
      h = (h >>> 8) ^ (high[n] ?? 0);
    }
    this.#low = l;
    this.#high = h;
  }

  /** The checksum of all bytes so far. */
  get sum(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }
}

function four(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

/** Eight bytes through their tables: seven more bytes follow the first one. */
function mix(table: Uint32Array, l: number, h: number): number {
  return (
    (table[0x700 + (l & 255)] ?? 0) ^
    (table[0x600 + ((l >>> 8) & 255)] ?? 0) ^
    (table[0x500 + ((l >>> 16) & 255)] ?? 0) ^
    (table[0x400 + (l >>> 24)] ?? 0) ^
    (table[0x300 + (h & 255)] ?? 0) ^
    (table[0x200 + ((h >>> 8) & 255)] ?? 0) ^
    (table[0x100 + ((h >>> 16) & 255)] ?? 0) ^
    (table[h >>> 24] ?? 0)
  );
}
