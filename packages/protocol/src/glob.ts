/*
 * Redis-style globs: `*`, `?`, `[abc]`, `[a-z]`, `[^x]`, `\` before any of them. The whole text must match,
 * case counts. It must never backtrack over more than one star: a hostile pattern costs text times pattern,
 * never more. A stranger would get wrong that an unclosed `[` ends with the pattern and that `]` right after
 * `[` closes an empty class: Redis does so.
 */

/** What one character of the text may be: one code point, any (`?`), or a class. */
type Token = number | 'any' | Class;
interface Class {
  readonly not: boolean;
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [number, number])[];
}
/** What stands between two stars. `literal` when it is plain text, so that indexOf can look for it. */
interface Segment {
  readonly tokens: readonly Token[];
  readonly literal: string | undefined;
}

/**
 * A test for whole texts against the pattern. `?` and a class stand for one character (code point).
 *
 * @example
 * ```ts
 * globMatcher('*"jobtype":"Mail"*')('{"jobtype":"Mail"}'); // true
 * ```
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const segments = parseGlob(pattern);
  const first = segments[0] as Segment;
  if (segments.length === 1) return (text) => matchAt(first, text, 0) === text.length;
  const last = segments[segments.length - 1] as Segment;
  const middle = segments.slice(1, -1).filter((segment) => segment.tokens.length > 0);
  return (text) => {
    let at = matchAt(first, text, 0);
    const tail = stepBack(text, last.tokens.length);
    if (at < 0 || tail < at || matchAt(last, text, tail) !== text.length) return false;
    // Between stars the earliest place is always the best one: it leaves the most text to the rest.
    for (const segment of middle) {
      at = find(segment, text, at, tail);
      if (at < 0) return false;
    }
    return true;
  };
}

/** The end of the earliest match in text[from, to); -1 when there is none. */
function find(segment: Segment, text: string, from: number, to: number): number {
  if (segment.literal !== undefined) {
    const found = text.indexOf(segment.literal, from);
    return found < 0 || found + segment.literal.length > to ? -1 : found + segment.literal.length;
  }
  for (let at = from; at < to; at += width(text, at)) {
    const end = matchAt(segment, text, at);
    if (end >= 0 && end <= to) return end;
  }
  return -1;
}

/** The end of the match that starts at `at`; -1 when there is none. */
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

function accepts(token: Token, point: number): boolean {
  if (typeof token === 'number') return token === point;
  if (token === 'any') return true;
  return token.ranges.some(([low, high]) => point >= low && point <= high) !== token.not;
}

function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Where the last `count` characters begin; -1 when there are fewer. */
function stepBack(text: string, count: number): number {
  let at = text.length;
  for (let n = 0; n < count; n++) {
    if (at === 0) return -1;
    at -= at >= 2 && width(text, at - 2) === 2 ? 2 : 1;
  }
  return at;
}

/** The pattern, cut at its stars: always one segment more than there are stars. */
function parseGlob(pattern: string): Segment[] {
  const points = Array.from(pattern, (character) => character.codePointAt(0) ?? 0);
  const segments: Segment[] = [];
  let tokens: Token[] = [];
  for (let i = 0; i < points.length; i++) {
    const point = points[i] as number;
    if (point === 0x2a /* * */) {
      segments.push(asSegment(tokens));
      tokens = [];
    } else if (point === 0x3f /* ? */) {
      tokens.push('any');
    } else if (point === 0x5b /* [ */) {
      const [token, next] = parseClass(points, i + 1);
      tokens.push(token);
      i = next;
    } else if (point === 0x5c /* \ */ && i + 1 < points.length) {
      tokens.push(points[++i] as number);
    } else tokens.push(point);
  }
  segments.push(asSegment(tokens));
  return segments;
}

/** Reads a class from behind its `[`; gives it and the position of its `]` (or of the pattern's end). */
function parseClass(points: readonly number[], start: number): [Class, number] {
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

function asSegment(tokens: readonly Token[]): Segment {
  const plain = tokens.every((token) => typeof token === 'number');
  // One call per character: a segment may be longer than a call may have arguments.
  const literal = plain ? tokens.map((token) => String.fromCodePoint(token as number)).join('') : undefined;
  return { tokens, literal };
}
