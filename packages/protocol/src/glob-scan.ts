/**
 * Finds a part of a glob that has classes, in one pass over the text (Shift-And, Baeza-Yates and
 * Gonnet). Bit i of the state says that the first i + 1 tokens match the characters before this
 * position, so a character costs one shift and one AND for each 32 tokens.
 *
 * Note: the code points are sorted into intervals first, because a class may have hundreds of
 * ranges and a text 100,000 different characters. So a character costs at most a binary search.
 */

/** One character of a pattern: one of the ranges, or with `not` none of them. */
export interface Token {
  readonly not: boolean;
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [number, number])[];
}

const plain = 128; // code points that are looked up in a table

/**
 * Finds a part of a glob in text[from, to). Each method returns the end of the first match, or -1.
 */
export interface SegmentFinder {
  readonly find: (text: string, from: number, to: number) => number;
  /** {@link find} in pieces: yields after each piece of the text. */
  readonly findInPieces: (text: string, from: number, to: number) => Generator<void, number, void>;
}

/** Prepares the search for these tokens. */
export function segmentFinder(tokens: readonly Token[], piece: number): SegmentFinder {
  const words = Math.ceil(tokens.length / 32);
  const starts = intervals(tokens);
  const masks = masksOf(tokens, starts, words);
  const small = Uint32Array.from({ length: plain }, (_, point) => intervalOf(starts, point));
  const lastWord = words - 1;
  const lastBit = 1 << ((tokens.length - 1) % 32);
  const run = (state: Int32Array, text: string, from: number, to: number): number => {
    for (let at = from; at < to; ) {
      const point = text.codePointAt(at) as number;
      at += point > 0xffff ? 2 : 1;
      const row = (point < plain ? (small[point] as number) : intervalOf(starts, point)) * words;
      let carry = 1; // a match may begin at every character
      for (let word = 0; word < words; word++) {
        const bits = state[word] as number;
        state[word] = ((bits << 1) | carry) & (masks[row + word] as number);
        carry = bits >>> 31;
      }
      if (((state[lastWord] as number) & lastBit) !== 0) return at <= to ? at : -1;
    }
    return -1;
  };
  const shared = new Int32Array(words);
  const find = (text: string, from: number, to: number): number => run(shared.fill(0), text, from, to);
  const step = Math.max(Math.floor(piece / words), 1);
  function* findInPieces(text: string, from: number, to: number): Generator<void, number, void> {
    const state = new Int32Array(words);
    for (let at = from; at < to; ) {
      const end = Math.min(at + step, to);
      const stop = end < to && cutsPair(text, end) ? end + 1 : end;
      const found = run(state, text, at, stop);
      if (found >= 0) return found;
      at = stop;
      if (at < to) yield;
    }
    return -1;
  }
  return { find, findInPieces };
}

/** Whether this position is inside a surrogate pair. */
function cutsPair(text: string, at: number): boolean {
  return (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

/** The first code points of the intervals whose characters are equal for every token. */
function intervals(tokens: readonly Token[]): Uint32Array {
  const starts = new Set([0]);
  for (const { ranges } of tokens) {
    for (const [low, high] of ranges) starts.add(low).add(high + 1);
  }
  return Uint32Array.from(starts).sort();
}

function intervalOf(starts: Uint32Array, point: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= point) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** For each interval, the tokens that accept it: one bit a token. */
function masksOf(tokens: readonly Token[], starts: Uint32Array, words: number): Int32Array {
  const masks = new Int32Array(starts.length * words);
  tokens.forEach(({ not, ranges }, index) => {
    const taken = new Uint8Array(starts.length);
    for (const [low, high] of ranges) {
      for (let at = intervalOf(starts, low); at < starts.length && (starts[at] as number) <= high; at++)
        taken[at] = 1;
    }
    const word = index >> 5;
    for (let at = 0; at < starts.length; at++) {
      if ((taken[at] === 1) !== not)
        masks[at * words + word] = (masks[at * words + word] as number) | (1 << (index & 31));
    }
  });
  return masks;
}
