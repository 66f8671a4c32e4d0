/**
 * Matches Redis-style globs: `*`, `?`, `[abc]`, `[a-z]`, `[^x]`, and `\` before any of them.
 * Case-sensitive; the whole text must match.
 *
 * The time is linear in the text for every pattern: patterns have at most `longestGlob` bytes, and
 * no character is read again after a mismatch (see glob-scan.ts and find-text.ts). Note: as in
 * Redis, an unclosed `[` ends with the pattern, and `]` right after `[` closes an empty class.
 */

import { FaktoryError } from './errors.ts';
import { textFinder, textStream } from './find-text.ts';
import { type SegmentFinder, segmentFinder, type Token } from './glob-scan.ts';
import { utf8Length } from './utf8.ts';

const longestGlob = 1024; // bytes
const textPiece = 256 * 1024; // UTF-16 units
const longestScan = 8 * 1024 * 1024; // UTF-16 units in which a part of 32 characters with `?` or a class is searched

/** Throws `LIMIT` for a pattern of more than 1,024 bytes. */
export function checkGlob(pattern: string): void {
  const bytes = utf8Length(pattern);
  if (bytes <= longestGlob) return;
  const text = `the pattern has ${bytes} bytes, the most is ${longestGlob}; use a shorter part of the text`;
  throw new FaktoryError('LIMIT', text);
}

/** The part of a pattern between two stars. `literal` when it is plain text. */
interface Segment {
  readonly tokens: readonly Token[];
  readonly literal: string | undefined;
}

/**
 * Prepares a test of whole texts. `?` and a class match one character (code point). Between two
 * stars, a part with `?` or a class is searched only in the first 8 Mi UTF-16 units of the text. A
 * longer part is searched in less: 8 Mi divided by its length in units of 32 characters. Otherwise
 * a part of 1,000 such characters would take seconds in 8 MB.
 *
 * @throws FaktoryError `LIMIT` for a pattern of more than 1,024 bytes.
 * @example
 * ```ts
 * globMatcher('*"jobtype":"Mail"*')('{"jobtype":"Mail"}'); // true
 * ```
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const { ends, finders } = prepare(pattern, textPiece);
  return (text) => {
    let [at, tail] = ends(text);
    // Between stars the earliest match is always best: it leaves the most text for the other parts.
    for (const { find } of finders) {
      if (at < 0) return false;
      at = find(text, at, tail);
    }
    return at >= 0;
  };
}

/**
 * {@link globMatcher} for large texts: the test yields after each piece of the text, so that the
 * caller can do other work. `piece`: UTF-16 units of a piece; parts of more than 32 characters read
 * smaller pieces.
 *
 * @throws FaktoryError `LIMIT` for a pattern of more than 1,024 bytes.
 * @example
 * ```ts
 * const test = globInPieces('*a*')('banana');
 * let step = test.next();
 * while (!step.done) step = test.next(); // do other work in between
 * step.value; // true
 * ```
 */
export function globInPieces(
  pattern: string,
  piece: number = textPiece,
): (text: string) => Generator<void, boolean, void> {
  const { ends, finders } = prepare(pattern, piece);
  return function* (text) {
    let [at, tail] = ends(text);
    let yielded = at;
    for (const { findInPieces } of finders) {
      if (at < 0) return false;
      at = yield* findInPieces(text, at, tail);
      if (at - yielded < piece) continue;
      yielded = at;
      yield;
    }
    return at >= 0;
  };
}

/** A parsed pattern. */
interface Prepared {
  /**
   * The range in which the parts between stars may match; -1: the text does not begin and end as
   * the pattern does.
   */
  readonly ends: (text: string) => [from: number, to: number];
  readonly finders: readonly SegmentFinder[];
}

function prepare(pattern: string, piece: number): Prepared {
  checkGlob(pattern);
  const segments = parseGlob(pattern);
  const first = segments[0] as Segment;
  if (segments.length === 1)
    return { ends: (text) => [matchAt(first, text, 0) === text.length ? 0 : -1, 0], finders: [] };
  const last = segments[segments.length - 1] as Segment;
  const finders = segments.slice(1, -1).flatMap((segment) => finderOf(segment, piece) ?? []);
  const ends = (text: string): [number, number] => {
    const at = matchAt(first, text, 0);
    const tail = stepBack(text, last.tokens.length);
    const both = at >= 0 && tail >= at && matchAt(last, text, tail) === text.length;
    return [both ? at : -1, tail];
  };
  return { ends, finders };
}

/** Undefined for the empty segment between two adjacent stars, which matches everywhere. */
function finderOf({ tokens, literal }: Segment, piece: number): SegmentFinder | undefined {
  if (tokens.length === 0) return undefined;
  if (literal !== undefined) return literalFinder(literal, piece);
  const { find, findInPieces } = segmentFinder(tokens, piece);
  const most = Math.floor(longestScan / Math.ceil(tokens.length / 32));
  return {
    find: (text, from, to) => find(text, from, Math.min(to, most)),
    findInPieces: (text, from, to) => findInPieces(text, from, Math.min(to, most)),
  };
}

function literalFinder(literal: string, piece: number): SegmentFinder {
  const stream = textStream(literal);
  function* findInPieces(text: string, from: number, to: number): Generator<void, number, void> {
    const feed = stream();
    for (let at = from; at < to; at += piece) {
      const found = feed(text.slice(at, Math.min(at + piece, to)));
      if (found >= 0) return at + found;
      if (at + piece < to) yield;
    }
    return -1;
  }
  return { find: textFinder(literal), findInPieces };
}

/** The end of the match that starts at `at`, or -1. */
function matchAt(segment: Segment, text: string, at: number): number {
  if (segment.literal !== undefined) {
    return text.startsWith(segment.literal, at) ? at + segment.literal.length : -1;
  }
  let i = at;
  for (const token of segment.tokens) {
    const point = text.codePointAt(i);
    if (point === undefined || !accepts(token, point)) return -1;
    i += point > 0xffff ? 2 : 1;
  }
  return i;
}

function accepts({ not, ranges }: Token, point: number): boolean {
  return ranges.some(([low, high]) => point >= low && point <= high) !== not;
}

function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Position of the last `count` characters; -1 when the text has fewer. */
function stepBack(text: string, count: number): number {
  let at = text.length;
  for (let n = 0; n < count; n++) {
    if (at === 0) return -1;
    at -= at >= 2 && width(text, at - 2) === 2 ? 2 : 1;
  }
  return at;
}

const any: Token = { not: true, ranges: [] };
const only = (point: number): Token => ({ not: false, ranges: [[point, point]] });

/** The pattern cut at its stars: one segment more than there are stars. */
function parseGlob(pattern: string): Segment[] {
  const points = Array.from(pattern, (character) => character.codePointAt(0) ?? 0);
  const segments: Segment[] = [];
  let tokens: Token[] = [];
  let plain: string | undefined = '';
  const add = (token: Token, text?: string): void => {
    tokens.push(token);
    plain = text === undefined || plain === undefined ? undefined : plain + text;
  };
  const literal = (point: number): void => add(only(point), String.fromCodePoint(point));
  const cut = (): void => {
    segments.push({ tokens, literal: plain });
    tokens = [];
    plain = '';
  };
  for (let i = 0; i < points.length; i++) {
    const point = points[i] as number;
    if (point === 0x2a /* * */) cut();
    else if (point === 0x3f /* ? */) add(any);
    else if (point === 0x5b /* [ */) {
      const [token, next] = parseClass(points, i + 1);
      add(token);
      i = next;
    } else if (point === 0x5c /* \ */ && i + 1 < points.length) literal(points[++i] as number);
    else literal(point);
  }
  cut();
  return segments;
}

/**
 * Parses a class after its `[`. Returns the class and the position of its `]` (or the end of the
 * pattern).
 */
function parseClass(points: readonly number[], start: number): [Token, number] {
  const not = points[start] === 0x5e; /* ^ */
  const ranges: [number, number][] = [];
  let i = not ? start + 1 : start;
  for (; i < points.length; i++) {
    const point = points[i] as number;
    if (point === 0x5d /* ] */) break;
    if (point === 0x5c /* \ */ && i + 1 < points.length) {
      const escaped = points[++i] as number;
      ranges.push([escaped, escaped]);
    } else if (points[i + 1] === 0x2d /* - */ && i + 2 < points.length) {
      const high = points[i + 2] as number;
      ranges.push([Math.min(point, high), Math.max(point, high)]);
      i += 2;
    } else ranges.push([point, point]);
  }
  return [{ not, ranges }, i];
}
