/*
 * Bytes in, whole lines out: what the server reads. It must never hold more than one line over its limit. A
 * stranger would get wrong that lines end in CRLF or in LF alone (Ruby, Clojure and Haskell send LF) and that
 * only one CR is taken off.
 */

import { FaktoryError } from './errors.ts';
import { type Decode, Inbox, textDecoding } from './inbox.ts';

/** Bytes a line may have when nothing else is said: 8 MiB. */
export const defaultMaxLineBytes = 8 * 1024 * 1024;

/** How a {@link LineReader} reads. */
export interface LineReaderOptions {
  /** Bytes a line may have, its end not counted. Default 8 MiB. */
  maxBytes?: number;
  /**
   * UTF-8 to text, invalid bytes as U+FFFD. Default TextDecoder; on Node a Buffer's `utf8Slice` is faster.
   */
  decode?: Decode;
  /** Bytes of a longer line that one call of `next` decodes. Default: each line is decoded at once. */
  part?: number;
}

/**
 * Cuts a stream of bytes into lines. Push a chunk, then call next() until it gives `undefined`: after that
 * the chunk may be written over. Only a line that is split between chunks is copied.
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
  /** The next line is decoded in parts: the text so far, and how many bytes it was. */
  #inParts = false;
  #texts: string[] = [];
  #decoded = 0;

  constructor(options: LineReaderOptions = {}) {
    this.#maxBytes = options.maxBytes ?? defaultMaxLineBytes;
    this.#decode = options.decode ?? textDecoding();
    this.#part = options.part ?? Number.POSITIVE_INFINITY;
  }

  /** A whole line is here that is decoded in parts: each call of `next` does one. */
  get amidst(): boolean {
    return this.#inParts;
  }

  /** Bytes received and not yet given out. */
  get pending(): number {
    return this.#inbox.pending;
  }

  /** Takes what has arrived. */
  push(chunk: Uint8Array): void {
    this.#inbox.push(chunk);
  }

  /**
   * The next whole line without its CRLF or LF; `undefined` = none yet, or {@link amidst}. Throws `LIMIT` when a line is longer
   * than `maxBytes`, and again at every later call: the stream has no known place any more.
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

  /** True: all parts of the line are decoded. */
  #decodePart(bytes: Uint8Array, at: number, end: number): boolean {
    if (!this.#inParts) {
      this.#inParts = true; // its end may arrive with those of other connections: none of it is decoded at once
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

/** The last place up to `at` where a character starts. Behind three bytes that only continue one, valid or not, none goes on. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let i = at; i > at - 4; i--) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return i;
  return at;
}
