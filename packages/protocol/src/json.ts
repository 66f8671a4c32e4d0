/*
 * A JSON scanner that checks text strictly (RFC 8259) and tells where each value ends, without building
 * values. It must never recurse (a peer may send 100,000 brackets) and never change a number or an escape:
 * clients in other languages have integers and decimals that JavaScript has not. A stranger would get wrong
 * that `spaced`, `lone` and `escaped` speak of what was scanned since they were last set to false, so whoever
 * reads them resets them first.
 */

import { FaktoryError } from './errors.ts';
import { mendEscapes, withoutSpace } from './json-compact.ts';
import { startsPair, unitAt, wellFormed } from './utf8.ts';

export { jsonString, stringEnd } from './json-compact.ts';

/** How deep arrays and objects may nest; deeper is `MALFORMED`. */
export const maxDepth = 10_000;

// Per level: 1 = object, 0 = array. Shared by all scanners: only one runs at a time, and one that pauses takes its levels with it.
const levels = new Uint8Array(maxDepth);

export const noLimit = 2 ** 30 - 1; // longer than any text; a small integer, so that comparing with it costs nothing

/** Given by a scan that stopped before the end of its value. */
export const PAUSED = -1;

/** A place between two characters where a scan stopped: outside of tokens, or between two characters of a string. */
export interface Cut {
  readonly at: number;
  readonly inString: boolean;
}

interface Paused extends Cut {
  readonly levels: Uint8Array;
}

/**
 * Walks one text. Every method takes a position and gives the position after what it read, or throws
 * `MALFORMED`.
 */
export class JsonScanner {
  readonly text: string;
  readonly length: number;
  /** White space between tokens was met. */
  spaced = false;
  /** A lone surrogate was met, bare or as an escape. */
  lone = false;
  /** A backslash was met in a string. */
  escaped = false;
  /** `begin` and `resume` stop at the first place from here on that splits no token but a string. */
  until = noLimit;
  /** Most characters of white space, of a key, or of digits in a row: within them no scan stops. */
  mostRun = noLimit;
  /** Named in error messages when not empty. */
  readonly #what: string;
  #paused: Paused | undefined;

  constructor(text: string, what = '') {
    this.text = text;
    this.length = text.length;
    this.#what = what;
  }

  /** The character at `at`; 0 behind the end. */
  peek(at: number): number {
    return at < this.length ? unitAt(this.text, at) : 0;
  }

  /** The first position from `at` on that is not white space. */
  space(at: number): number {
    return at < this.length && unitAt(this.text, at) > 0x20 ? at : this.#spaces(at);
  }

  /** A whole value of any kind that starts right at `at`. */
  value(start: number): number {
    return this.#value(start, 0, noLimit, false);
  }

  /** The same for a value of megabytes: gives {@link PAUSED} when it stops at `until`; `resume` goes on there. */
  begin(start: number): number {
    return this.#value(start, 0, this.until, false);
  }

  /** Goes on with the value that paused. */
  resume(): number {
    const { until } = this;
    const paused = this.#paused as Paused;
    levels.set(paused.levels);
    const depth = paused.levels.length;
    if (!paused.inString) return this.#value(paused.at, depth, until, false);
    const at = this.#characters(paused.at, until);
    return at < 0 ? this.#pause(~at, depth, true) : this.#value(at, depth, until, true);
  }

  /** Where the scan stopped, once it gave {@link PAUSED}. */
  get cut(): Cut {
    return this.#paused as Cut;
  }

  /** Goes on at `start`, inside of so many levels; `ended`: a value has just ended there. */
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
          // An empty container: its closing bracket is taken below.
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

  /** A key, its colon and the white space around them: gives where the value starts. */
  key(at: number): number {
    return this.colon(this.name(at));
  }

  /** A key whose opening quote stands at `at`. */
  name(at: number): number {
    if (this.peek(at) !== 0x22) this.fail(at);
    const end = this.#characters(at + 1, at + 2 + this.mostRun);
    return end < 0 ? this.#tooLong(at, 'a key') : end;
  }

  /** The colon after a key: gives where the value starts. */
  colon(at: number): number {
    let i = at;
    if (this.peek(i) !== 0x3a) {
      i = this.space(i);
      if (this.peek(i) !== 0x3a) this.fail(i);
    }
    return this.space(i + 1);
  }

  /** A string whose opening quote stands at `at`. */
  string(at: number): number {
    return this.#characters(at + 1, noLimit);
  }

  /** The characters of a string and its closing quote; `~at`: it goes on at `at`, which is not before `until`. */
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

  /** A string, number, `true`, `false` or `null` that begins with the character `unit`. */
  scalar(at: number, unit: number): number {
    if (unit === 0x22) return this.string(at);
    if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) return this.number(at);
    if (unit === 0x74 /* t */) return this.#word(at, 'true');
    if (unit === 0x66 /* f */) return this.#word(at, 'false');
    if (unit === 0x6e /* n */) return this.#word(at, 'null');
    return this.fail(at);
  }

  /** A number, in any form JSON allows. */
  number(start: number): number {
    let at = this.peek(start) === 0x2d ? start + 1 : start;
    at = this.peek(at) === 0x30 ? at + 1 : this.#digits(at);
    if (this.peek(at) === 0x2e /* . */) at = this.#digits(at + 1);
    if ((this.peek(at) | 0x20) !== 0x65 /* e or E */) return at;
    const sign = this.peek(at + 1);
    return this.#digits(sign === 0x2d || sign === 0x2b /* + */ ? at + 2 : at + 1);
  }

  /** A number in an array, and those behind it that are plain digits, up to the first behind `until`: gives the position after the last. A third of the time of one by one. */
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

  /** Only white space may follow: anything else is an error. */
  end(at: number): void {
    const rest = this.space(at);
    if (rest < this.length) this.fail(rest, `unexpected ${this.#shown(rest)} after the value`);
  }

  /** Throws `MALFORMED` for the character at `at`, or for the reason given. */
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

  /** The last character of the escape whose backslash stands at `at`. */
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

/** A dot or an e: more of the number follows. */
const isPartOfNumber = (unit: number): boolean => unit === 0x2e || (unit | 0x20) === 0x65;

/**
 * Checks one JSON text and removes the white space between its tokens. Numbers and escapes stay as they were
 * written; lone surrogates become U+FFFD (`\ufffd` where an escape wrote them). Already compact text comes
 * back as the same string. Throws `MALFORMED` with the position; `what` names the text in that message.
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

/** What stands between these quotes of a string just scanned, or a part of it. */
export function stringValue(scanner: JsonScanner, start: number, end: number): string {
  if (!scanner.lone && !scanner.escaped) return scanner.text.slice(start, end);
  return String(JSON.parse(`"${compacted(scanner, start, end)}"`));
}

/**
 * The text of a value just scanned, as we write it: without white space and lone surrogates. Also of a part between two cuts; `inString`:
 * it begins in a string.
 */
export function compacted(scanner: JsonScanner, start: number, end: number, inString = false): string {
  const { text } = scanner;
  const tight = scanner.spaced ? withoutSpace(text, start, end, inString) : text.slice(start, end);
  return scanner.lone ? mendEscapes(wellFormed(tight)) : tight;
}
