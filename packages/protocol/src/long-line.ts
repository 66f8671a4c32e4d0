/**
 * A line whose end has not arrived after hundreds of kilobytes, kept in blocks. Each byte is copied and searched once, so a line of
 * megabytes in small chunks costs no more than its bytes.
 */
import type { Decode } from './inbox.ts';

/** Bytes of a block; a line of more is long. */
export const BLOCK = 256 * 1024;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

interface Block {
  readonly bytes: Uint8Array;
  end: number;
}

export class LongLine {
  readonly #blocks: Block[] = [];
  readonly #texts: string[] = [];
  readonly #size: number;
  #bytes = 0;
  #isWhole = false;

  /** Blocks have `size` bytes, at least 8. */
  constructor(size = BLOCK) {
    this.#size = Math.max(8, size);
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether its end has arrived. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Bytes without the end of the line. */
  get length(): number {
    const last = this.#blocks.at(-1);
    return last !== undefined && last.bytes[last.end - 1] === carriageReturn ? this.#bytes - 1 : this.#bytes;
  }

  /** Copies what belongs to the line. Returns how many bytes of the chunk that is, with the line feed. */
  push(chunk: Uint8Array): number {
    const feed = chunk.indexOf(lineFeed);
    this.#isWhole = feed >= 0;
    const to = feed < 0 ? chunk.length : feed;
    for (let from = 0; from < to; ) {
      const block = this.#withRoom();
      const count = Math.min(to - from, this.#size - block.end);
      block.bytes.set(chunk.subarray(from, from + count), block.end);
      block.end += count;
      from += count;
    }
    this.#bytes += to;
    return feed < 0 ? to : to + 1;
  }

  /**
   * Decodes about `most` bytes of a whole line, at least one block, and frees them. Returns the text once all is decoded; undefined:
   * call it again.
   */
  decode(decode: Decode, most: number): string | undefined {
    const length = this.length;
    for (let done = 0; done < most; done += this.#size) {
      const block = this.#blocks.shift();
      if (block === undefined) break;
      const isLast = this.#blocks.length === 0;
      this.#texts.push(decode(block.bytes, 0, isLast ? block.end - (this.#bytes - length) : block.end));
    }
    return this.#blocks.length === 0 ? this.#texts.join('') : undefined;
  }

  /** The last block, or a new one that begins with the last character of a full one, which may go on. */
  #withRoom(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.end < this.#size) return last;
    const block: Block = { bytes: new Uint8Array(this.#size), end: 0 };
    if (last !== undefined) {
      const start = characterStart(last.bytes, this.#size - 1);
      block.bytes.set(last.bytes.subarray(start));
      block.end = this.#size - start;
      last.end = start;
    }
    this.#blocks.push(block);
    return block;
  }
}

/**
 * The last position up to `at` where a character starts. Returns `at` after three continuation
 * bytes: valid or not, no character goes on there.
 */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let i = at; i > at - 4; i--) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}
