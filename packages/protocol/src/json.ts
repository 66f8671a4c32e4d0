/**
 * A strict JSON scanner (RFC 8259) that finds the end of each value without building values. It
 * does not recurse, because a client may send 100,000 brackets, and keeps numbers and escapes as
 * written, because JavaScript cannot hold all integers and decimals of other languages.
 *
 * Note: set `spaced`, `lone` and `escaped` to false before the scan whose result you read.
 */

import { FaktoryError } from './errors.ts';
import { mendEscapes, withoutSpace } from './json-compact.ts';
import { startsPair, unitAt, wellFormed } from './utf8.ts';

export { jsonString, stringEnd } from './json-compact.ts';

/** Maximum nesting of arrays and objects; deeper is `MALFORMED`. */
export const maxDepth = 10_000;

// Per level: 1 = object, 0 = array. Shared, because one scanner runs at a time; a paused one keeps
// a copy.
const levels = new Uint8Array(maxDepth);

export const noLimit = 2 ** 30 - 1; // longer than any text; a small integer, so that comparing with it is fast

/** Returned by a scan that stopped before the end of its value. */
export const PAUSED = -1;

/** Where a scan stopped: between two tokens, or between two characters of a string. */
export interface Cut {
  readonly at: number;
  readonly inString: boolean;
}

interface Paused extends Cut {
  readonly levels: Uint8Array;
}

/**
 * Scans a text. Methods take a position, return the one after what they read, or throw `MALFORMED`.
 */
export class JsonScanner {
  readonly text: string;
  readonly length: number;
  /** There was white space between tokens. */
  spaced = false;
  /** There was a lone surrogate, as a character or an escape. */
  lone = false;
  /** There was a backslash in a string. */
  escaped = false;
  /** `begin` and `resume` stop at the first position from here on between tokens or in a string. */
  until = noLimit;
  /** Maximum number of characters of white space, a key or digits, in which no scan can stop. */
  mostRun = noLimit;
  /** Name of the text for error messages; may be empty. */
  readonly #what: string;
  #paused: Paused | undefined;

  constructor(text: string, what = '') {
    this.text = text;
    this.length = text.length;
    this.#what = what;
  }

  /** The character at `at`; 0 after the end. */
  peek(at: number): number {
    return at < this.length ? unitAt(this.text, at) : 0;
  }

  /** The first position from `at` on that is not white space. */
  space(at: number): number {
    return at < this.length && unitAt(this.text, at) > 0x20 ? at : this.#spaces(at);
  }

  /** Scans a whole value that starts at `at`. */
  value(start: number): number {
    return this.#value(start, 0, noLimit, false);
  }

  /** {@link value} for a long value: {@link PAUSED} when it stops at `until`; see `resume`. */
  begin(start: number): number {
    return this.#value(start, 0, this.until, false);
  }

  /** Continues with the paused value. */
  resume(): number {
    const { until } = this;
    const paused = this.#paused as Paused;
    levels.set(paused.levels);
    const depth = paused.levels.length;
    if (!paused.inString) return this.#value(paused.at, depth, until, false);
    const at = this.#characters(paused.at, until);
    return at < 0 ? this.#pause(~at, depth, true) : this.#value(at, depth, until, true);
  }

  /** Where the scan stopped when it returned {@link PAUSED}. */
  get cut(): Cut {
    return this.#paused as Cut;
  }

  /** Continues at `start`, `startDepth` levels deep. `ended`: a value ended before `start`. */
  #value(start: number, startDepth: number, until: number, ended: boolean): number {
    let at = start;
    let depth = startDepth;
    let isEnd = ended;
    for (;;) {
      if (isEnd) isEnd = false;
      else {
        if (at >= until) return this.#pause(at, depth, false);
        const unit = this.peek(at);
        if (unit === 0x5b || unit === 0x7b) {
          if (depth === maxDepth) this.fail(at, `more than ${maxDepth} levels deep`);
          levels[depth++] = unit === 0x7b ? 1 : 0;
          at = this.space(at + 1);
          if (this.peek(at) !== (unit === 0x7b ? 0x7d : 0x5d)) {
            if (unit === 0x7b) at = this.key(at);
            continue;
          }
          // The closing bracket of an empty container is read below.
        } else if (unit === 0x22) {
          at = this.#characters(at + 1, until);
          if (at < 0) return this.#pause(~at, depth, true);
        } else if (unit <= 0x39 && unit >= 0x30 && depth > 0 && levels[depth - 1] === 0)
          at = this.#numbers(at, until);
        else at = this.scalar(at, unit);
      }
      for (;;) {
        if (depth === 0) return at;
        at = this.space(at);
        const inObject = levels[depth - 1] === 1;
        const next = this.peek(at);
        if (next === 0x2c) {
          at = this.space(at + 1);
          if (inObject) at = this.key(at);
          break;
        }
        if (next !== (inObject ? 0x7d : 0x5d)) this.fail(at);
        depth--;
        at++;
      }
    }
  }

  #pause(at: number, depth: number, inString: boolean): number {
    this.#paused = { at, inString, levels: levels.slice(0, depth) };
    return PAUSED;
  }

  /** Scans a key, its colon and white space; returns the start of the value. */
  key(at: number): number {
    return this.colon(this.name(at));
  }

  /** Scans a key whose opening quote is at `at`. */
  name(at: number): number {
    if (this.peek(at) !== 0x22) this.fail(at);
    const end = this.#characters(at + 1, at + 2 + this.mostRun);
    return end < 0 ? this.#tooLong(at, 'a key') : end;
  }

  /** Scans the colon after a key; returns the start of the value. */
  colon(at: number): number {
    let i = at;
    if (this.peek(i) !== 0x3a) {
      i = this.space(i);
      if (this.peek(i) !== 0x3a) this.fail(i);
    }
    return this.space(i + 1);
  }

  /** Scans a string whose opening quote is at `at`. */
  string(at: number): number {
    return this.#characters(at + 1, noLimit);
  }

  /** Scans the rest of a string. Returns `~at` when it stops at `at` because of `until`. */
  #characters(from: number, until: number): number {
    const { text, length } = this;
    const end = Math.min(until, length);
    let i = from;
    for (; i < end; i++) {
      const unit = unitAt(text, i);
      if (unit > 0x22 && unit !== 0x5c && unit < 0xd800) continue;
      if (unit === 0x22) return i + 1;
      if (unit === 0x5c) i = this.#escape(i);
      else if (unit < 0x20) this.fail(i);
      else if ((unit & 0xf800) === 0xd800) {
        if (startsPair(text, i)) i++;
        else this.lone = true;
      }
    }
    return i < length ? ~i : this.fail(length);
  }

  /** Scans a string, number, `true`, `false` or `null` that begins with `unit`. */
  scalar(at: number, unit: number): number {
    if (unit === 0x22) return this.string(at);
    if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) return this.number(at);
    if (unit === 0x74 /* t */) return this.#word(at, 'true');
    if (unit === 0x66 /* f */) return this.#word(at, 'false');
    if (unit === 0x6e /* n */) return this.#word(at, 'null');
    return this.fail(at);
  }

  /** Scans a number in any form that JSON allows. */
  number(start: number): number {
    let at = this.peek(start) === 0x2d ? start + 1 : start;
    at = this.peek(at) === 0x30 ? at + 1 : this.#digits(at);
    if (this.peek(at) === 0x2e /* . */) at = this.#digits(at + 1);
    if ((this.peek(at) | 0x20) !== 0x65 /* e or E */) return at;
    const sign = this.peek(at + 1);
    return this.#digits(sign === 0x2d || sign === 0x2b /* + */ ? at + 2 : at + 1);
  }

  /**
   * Scans a number of an array and the integers after it, up to the first one after `until`: three
   * times as fast as one by one.
   */
  #numbers(start: number, until: number): number {
    const { text, length } = this;
    const end = Math.min(length, until);
    let at = this.number(start);
    while (at + 1 < length && at < until && unitAt(text, at) === 0x2c) {
      let i = at + 1;
      const first = unitAt(text, i);
      if (first < 0x30 || first > 0x39) return at;
      if (first === 0x30) i++;
      else while (i < end && unitAt(text, i) >= 0x30 && unitAt(text, i) <= 0x39) i++;
      if (i < length && (i >= end || isPartOfNumber(unitAt(text, i)))) i = this.number(at + 1);
      at = i;
    }
    return at;
  }

  /** Throws `MALFORMED` unless only white space follows. */
  end(at: number): void {
    const rest = this.space(at);
    if (rest < this.length) this.fail(rest, `unexpected ${this.#shown(rest)} after the value`);
  }

  /** Throws `MALFORMED` for the character at `at`, or with the given reason. */
  fail(at: number, problem?: string): never {
    const what = this.#what === '' ? '' : `${this.#what}: `;
    const reason = problem ?? (at < this.length ? `unexpected ${this.#shown(at)}` : 'unexpected end');
    throw new FaktoryError('MALFORMED', `invalid JSON: ${what}${reason} at position ${at}`);
  }

  #spaces(at: number): number {
    const { text } = this;
    const end = Math.min(this.length, at + this.mostRun + 1);
    let i = at;
    for (; i < end; i++) {
      const unit = unitAt(text, i);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
    }
    if (i !== at) this.spaced = true;
    return i - at <= this.mostRun ? i : this.#tooLong(at, 'white space');
  }

  #tooLong(at: number, what: string): never {
    return this.fail(at, `${what} of more than ${this.mostRun} characters; shorten it`);
  }

  #shown(at: number): string {
    return JSON.stringify(String.fromCodePoint(this.text.codePointAt(at) ?? 0));
  }

  #digits(at: number): number {
    const { text } = this;
    const end = Math.min(this.length, at + this.mostRun + 1);
    let i = at;
    for (; i < end; i++) {
      const unit = unitAt(text, i);
      if (unit < 0x30 || unit > 0x39) break;
    }
    if (i === at) this.fail(at);
    return i - at <= this.mostRun ? i : this.#tooLong(at, 'a number');
  }

  #word(at: number, word: string): number {
    if (!this.text.startsWith(word, at)) this.fail(at);
    return at + word.length;
  }

  /** Position of the last character of the escape whose backslash is at `at`. */
  #escape(at: number): number {
    this.escaped = true;
    const letter = this.text[at + 1];
    if (letter !== 'u') {
      if (letter === undefined || !'"\\/bfnrt'.includes(letter))
        this.fail(Math.min(at + 1, this.text.length));
      return at + 1;
    }
    const unit = this.#hex(at + 2);
    if ((unit & 0xf800) !== 0xd800) return at + 5;
    if (unit < 0xdc00 && this.text.startsWith('\\u', at + 6) && (this.#hex(at + 8) & 0xfc00) === 0xdc00)
      return at + 11;
    this.lone = true;
    return at + 5;
  }

  #hex(at: number): number {
    let value = 0;
    for (let i = at; i < at + 4; i++) {
      const digit = '0123456789abcdef'.indexOf((this.text[i] ?? '?').toLowerCase());
      if (digit < 0) this.fail(Math.min(i, this.text.length));
      value = value * 16 + digit;
    }
    return value;
  }
}

/** A dot or an e, so the number continues. */
const isPartOfNumber = (unit: number): boolean => unit === 0x2e || (unit | 0x20) === 0x65;

/**
 * Checks one JSON text and removes the white space between its tokens. Numbers and escapes stay as
 * written; lone surrogates become U+FFFD (`\ufffd` when they were escapes). A text that is compact
 * already is returned as the same string. Throws `MALFORMED` with the position; `what` names the
 * text in that message.
 *
 * @example
 * ```ts
 * compactJson('[ 1.0, 12345678901234567890 ]'); // '[1.0,12345678901234567890]'
 * ```
 */
export function compactJson(text: string, what?: string): string {
  const scanner = new JsonScanner(text, what);
  const start = scanner.space(0);
  const end = scanner.value(start);
  scanner.end(end);
  return compacted(scanner, start, end);
}

/** The value of a string just scanned, or of a part of it; both positions are inside its quotes. */
export function stringValue(scanner: JsonScanner, start: number, end: number): string {
  if (!scanner.lone && !scanner.escaped) return scanner.text.slice(start, end);
  return String(JSON.parse(`"${compacted(scanner, start, end)}"`));
}

/**
 * The compact text of a value that was just scanned, without lone surrogates. Also for a part
 * between two cuts; `inString`: `start` is inside a string.
 */
export function compacted(scanner: JsonScanner, start: number, end: number, inString = false): string {
  const { text } = scanner;
  const tight = scanner.spaced ? withoutSpace(text, start, end, inString) : text.slice(start, end);
  return scanner.lone ? mendEscapes(wellFormed(tight)) : tight;
}
