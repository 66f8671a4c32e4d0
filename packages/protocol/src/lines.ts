/**
 * Cuts received bytes into command lines, for the server. Buffers at most one line, up to its
 * limit.
 *
 * Note: lines end in CRLF or in LF alone (Ruby, Clojure and Haskell send LF). Only one CR is
 * removed.
 */

import { FaktoryError } from './errors.ts';
import { type Decode, Inbox, textDecoding } from './inbox.ts';
import { BLOCK, LongLine } from './long-line.ts';

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
  /** A line of which much has arrived; the inbox has only what follows it. */
  #long: LongLine | undefined;
  /** True while a line is decoded in parts. */
  #inParts = false;

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
    return this.#inbox.pending + (this.#long?.bytes ?? 0);
  }

  /** Adds received bytes. */
  push(chunk: Uint8Array): void {
    const long = this.#long;
    if (long === undefined || long.isWhole) {
      this.#inbox.push(chunk);
      if (long !== undefined) this.#inbox.keep();
      return;
    }
    const taken = long.push(chunk);
    if (taken === chunk.length) return;
    this.#inbox.push(chunk.subarray(taken));
    this.#inbox.keep();
  }

  /**
   * The next whole line without its CRLF or LF; `undefined`: not yet complete, or {@link amidst}.
   * Throws `LIMIT` when a line is longer than `maxBytes`, also at every later call, because the
   * start of the next line is unknown.
   */
  next(): string | undefined {
    if (this.#long !== undefined) return this.#nextOfLong(this.#long);
    const inbox = this.#inbox;
    const { at } = inbox;
    if (at === inbox.end) return undefined;
    const feed = inbox.lineEnd();
    const { bytes } = inbox;
    let end = feed < 0 ? inbox.end : feed;
    if (end > at && bytes[end - 1] === 0x0d /* CR */) end--;
    this.#check(end - at);
    if (feed < 0 ? end - at >= BLOCK : end - at > this.#part) return this.#nextOfLong(this.#becomeLong());
    if (feed < 0) {
      inbox.keep();
      return undefined;
    }
    inbox.advance(feed + 1);
    return this.#decode(bytes, at, end);
  }

  /** What follows belongs to a line that is too long to be copied together. */
  #becomeLong(): LongLine {
    const { bytes, at, end } = this.#inbox;
    const long = new LongLine(Math.min(BLOCK, this.#part));
    this.#long = long;
    this.#inbox.advance(at + long.push(bytes.subarray(at, end)));
    this.#inbox.keep();
    return long;
  }

  #nextOfLong(long: LongLine): string | undefined {
    this.#check(long.length);
    if (!long.isWhole) return undefined;
    if (!this.#inParts && long.length > this.#part) {
      this.#inParts = true; // ends of other long lines may arrive in this turn too, so the first call decodes nothing
      return undefined;
    }
    const text = long.decode(this.#decode, this.#part);
    if (text === undefined) return undefined;
    this.#inParts = false;
    this.#long = undefined;
    return text;
  }

  #check(length: number): void {
    if (length > this.#maxBytes) throw new FaktoryError('LIMIT', `line longer than ${this.#maxBytes} bytes`);
  }
}
