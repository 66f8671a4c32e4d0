/**
 * Writes replies for the server and parses them for clients. Replies are never integers or arrays:
 * faktory-rs panics on arrays, and Haskell knows only `+ - $`.
 *
 * Note: a bulk length counts bytes. "Nothing" is the null bulk `$-1`, never an empty bulk.
 */

import { errorText, FaktoryError } from './errors.ts';
import { type Decode, Inbox, textDecoding } from './inbox.ts';
import { utf8Length } from './utf8.ts';

/** Success: the change is on disk. */
export const OK = '+OK\r\n';
/** Nothing found. */
export const NIL = '$-1\r\n';

/** The error as a reply; see {@link errorText}. */
export function errorReply(error: unknown): string {
  return `-${errorText(error)}\r\n`;
}

/** A bulk reply. Pass `byteLength` when the UTF-8 length is already known. */
export function bulk(text: string, byteLength: number = utf8Length(text)): string {
  return `$${byteLength}\r\n${text}\r\n`;
}

/** A parsed reply. An integer reply becomes `simple`. The text of an error is what follows `-`. */
export type Reply = { kind: 'simple' | 'error' | 'bulk'; text: string } | { kind: 'nil' };

/** Default maximum of a reply: 64 MiB. */
export const defaultMaxReplyBytes = 64 * 1024 * 1024;

/** Options of {@link ReplyReader}. */
export interface ReplyReaderOptions {
  /**
   * Maximum number of bytes of a reply; a function is called when a reply begins. Default 64 MiB.
   */
  maxBytes?: number | (() => number);
  /**
   * Decodes UTF-8, invalid bytes as U+FFFD. Default TextDecoder; on Node a Buffer's `utf8Slice` is
   * faster.
   */
  decode?: Decode;
}

/**
 * Cuts a stream of bytes into replies. Push a chunk, then call next() until it returns `undefined`;
 * after that the chunk may be overwritten.
 *
 * @example
 * ```ts
 * const reader = new ReplyReader();
 * reader.push(new TextEncoder().encode('+OK\r\n$2\r\n{}\r\n'));
 * reader.next(); // { kind: 'simple', text: 'OK' }
 * reader.next(); // { kind: 'bulk', text: '{}' }
 * ```
 */
export class ReplyReader {
  readonly #inbox = new Inbox();
  readonly #mostBytes: number | (() => number);
  readonly #decode: Decode;
  /** Length of the bulk body that comes next; -1: a header comes next. */
  #bodyBytes = -1;

  constructor(options: ReplyReaderOptions = {}) {
    this.#mostBytes = options.maxBytes ?? defaultMaxReplyBytes;
    this.#decode = options.decode ?? textDecoding();
  }

  /** Bytes that were received and not yet returned. */
  get pending(): number {
    return this.#inbox.pending;
  }

  get #maxBytes(): number {
    return typeof this.#mostBytes === 'number' ? this.#mostBytes : this.#mostBytes();
  }

  /** Adds received bytes. */
  push(chunk: Uint8Array): void {
    this.#inbox.push(chunk);
  }

  /**
   * The next whole reply, or `undefined` when none is complete. Throws `PROTOCOL` for bytes that
   * are not a reply or for one that is too long, also at every later call.
   */
  next(): Reply | undefined {
    return this.#bodyBytes < 0 ? this.#header() : this.#body();
  }

  #header(): Reply | undefined {
    const inbox = this.#inbox;
    const { at } = inbox;
    if (at === inbox.end) return undefined;
    const feed = inbox.lineEnd();
    const { bytes } = inbox;
    const kind = bytes[at];
    if (kind !== 0x2b && kind !== 0x2d && kind !== 0x24 && kind !== 0x3a /* + - $ : */) {
      throw new FaktoryError('PROTOCOL', `not a Faktory reply: it begins with byte ${kind}`);
    }
    let end = feed < 0 ? inbox.end : feed;
    if (end > at && bytes[end - 1] === 0x0d /* CR */) end--;
    if (end - at - 1 > this.#maxBytes) throw this.#tooLong('');
    if (feed < 0) {
      inbox.keep();
      return undefined;
    }
    if (kind !== 0x24 /* $ */) {
      inbox.advance(feed + 1);
      return { kind: kind === 0x2d /* - */ ? 'error' : 'simple', text: this.#decode(bytes, at + 1, end) };
    }
    const length = this.#bulkLength(bytes, at + 1, end);
    inbox.advance(feed + 1);
    if (length < 0) return { kind: 'nil' };
    this.#bodyBytes = length;
    return this.#body();
  }

  /** The length in a bulk header; -1: the null bulk. */
  #bulkLength(bytes: Uint8Array, from: number, to: number): number {
    if (to - from === 2 && bytes[from] === 0x2d /* - */ && bytes[from + 1] === 0x31 /* 1 */) return -1;
    let length = from === to ? Number.NaN : 0;
    for (let i = from; i < to; i++) {
      const digit = (bytes[i] ?? 0) - 0x30;
      length = digit >= 0 && digit <= 9 ? length * 10 + digit : Number.NaN;
    }
    if (Number.isNaN(length)) throw new FaktoryError('PROTOCOL', 'a bulk reply has a bad length');
    if (length > this.#maxBytes) throw this.#tooLong(` and has ${length}`);
    return length;
  }

  #body(): Reply | undefined {
    const inbox = this.#inbox;
    const { at } = inbox;
    const end = at + this.#bodyBytes;
    if (inbox.end < end + 2) {
      inbox.keep();
      return undefined;
    }
    const { bytes } = inbox;
    if (bytes[end] !== 0x0d || bytes[end + 1] !== 0x0a) {
      throw new FaktoryError('PROTOCOL', 'a bulk reply does not end where its length says');
    }
    const text = this.#decode(bytes, at, end);
    inbox.advance(end + 2);
    this.#bodyBytes = -1;
    return { kind: 'bulk', text };
  }

  #tooLong(size: string): FaktoryError {
    return new FaktoryError('PROTOCOL', `a reply is longer than ${this.#maxBytes} bytes${size}`);
  }
}
