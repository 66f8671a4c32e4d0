/**
 * Cuts received bytes into command lines, for the server. Buffers at most one line, up to its
 * limit.
 *
 * Note: lines end in CRLF or in LF alone (Ruby, Clojure and Haskell send LF). Only one CR is
 * removed.
 */

import { FaktoryError } from './errors.ts';
import { type Decode, Inbox, textDecoding } from './inbox.ts';

/** Default maximum of a line: 8 MiB. */
export const defaultMaxLineBytes = 8 * 1024 * 1024;

/** Options of {@link LineReader}. */
export interface LineReaderOptions {
  /** Maximum number of bytes of a line without its line end. Default 8 MiB. */
  maxBytes?: number;
  /**
   * Decodes UTF-8, invalid bytes as U+FFFD. Default TextDecoder; on Node a Buffer's `utf8Slice` is
   * faster.
   */
  decode?: Decode;
  /**
   * A longer line is decoded in parts of this many bytes, one in each call of `next`. Default:
   * lines are decoded whole.
   */
  part?: number;
}

/**
 * Cuts a stream of bytes into lines. Push a chunk, then call next() until it returns `undefined`;
 * after that the chunk may be overwritten. Only a line that is split between chunks is copied.
 *
 * @example
 * ```ts
 * const reader = new LineReader();
 * reader.push(new TextEncoder().encode('INFO\r\nFL'));
 * reader.next(); // 'INFO'
 * reader.next(); // undefined
 * ```
 */
export class LineReader {
  readonly #inbox = new Inbox();
  readonly #maxBytes: number;
  readonly #decode: Decode;
  readonly #part: number;
  /**
   * True while a line is decoded in parts; `#texts` is its decoded text, `#decoded` the bytes of
   * it.
   */
  #inParts = false;
  #texts: string[] = [];
  #decoded = 0;

  constructor(options: LineReaderOptions = {}) {
    this.#maxBytes = options.maxBytes ?? defaultMaxLineBytes;
    this.#decode = options.decode ?? textDecoding();
    this.#part = options.part ?? Number.POSITIVE_INFINITY;
  }

  /** True while a complete line is decoded in parts: each call of `next` decodes one part. */
  get amidst(): boolean {
    return this.#inParts;
  }

  /** Bytes that were received and not yet returned. */
  get pending(): number {
    return this.#inbox.pending;
  }

  /** Adds received bytes. */
  push(chunk: Uint8Array): void {
    this.#inbox.push(chunk);
  }

  /**
   * The next whole line without its CRLF or LF; `undefined`: not yet complete, or {@link amidst}.
   * Throws `LIMIT` when a line is longer than `maxBytes`, also at every later call, because the
   * start of the next line is unknown.
   */
  next(): string | undefined {
    const inbox = this.#inbox;
    const { at } = inbox;
    if (at === inbox.end) return undefined;
    const feed = inbox.lineEnd();
    const { bytes } = inbox;
    let end = feed < 0 ? inbox.end : feed;
    if (end > at && bytes[end - 1] === 0x0d /* CR */) end--;
    if (end - at > this.#maxBytes)
      throw new FaktoryError('LIMIT', `line longer than ${this.#maxBytes} bytes`);
    if (feed < 0) {
      inbox.keep();
      return undefined;
    }
    if (end - at > this.#part && !this.#decodePart(bytes, at, end)) {
      inbox.keep();
      return undefined;
    }
    inbox.advance(feed + 1);
    return this.amidst ? this.#whole() : this.#decode(bytes, at, end);
  }

  /** Decodes one part; returns true when the line is complete. */
  #decodePart(bytes: Uint8Array, at: number, end: number): boolean {
    if (!this.#inParts) {
      this.#inParts = true; // ends of other long lines may arrive in this turn too, so the first call decodes nothing
      return false;
    }
    const from = at + this.#decoded;
    const isLast = end - from <= this.#part;
    const to = isLast ? end : characterStart(bytes, from + this.#part);
    this.#texts.push(this.#decode(bytes, from, to));
    this.#decoded = to - at;
    return isLast;
  }

  #whole(): string {
    const text = this.#texts.join('');
    this.#inParts = false;
    this.#texts = [];
    this.#decoded = 0;
    return text;
  }
}

/**
 * The last position up to `at` where a character starts. After three continuation bytes, valid or
 * not, any position will do.
 */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let i = at; i > at - 4; i--) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}
