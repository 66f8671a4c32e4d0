/**
 * Finds a text in a text in linear time, for all inputs.
 *
 * Note: `indexOf` is not linear, because V8 goes back after a mismatch: 500 times a, b, 500 times
 * a, searched in 300 kB of a, took 220 ms. So only short needles use it; longer ones use the table
 * of Knuth, Morris and Pratt.
 */

const short = 32; // UTF-16 units

/**
 * Prepares a search for `needle`: the result returns the end of the first match in text[from, to),
 * or -1. The time is linear in both texts.
 *
 * @example
 * ```ts
 * const find = textFinder('b');
 * find('abc', 0, 3); // 2
 * ```
 */
export function textFinder(needle: string): (text: string, from: number, to: number) => number {
  if (needle.length > short) return longFinder(needle);
  return (text, from, to) => {
    const found = text.indexOf(needle, from);
    return found < 0 || found + needle.length > to ? -1 : found + needle.length;
  };
}

function longFinder(needle: string): (text: string, from: number, to: number) => number {
  const read = longReader(needle);
  return (text, from, to) => read({ matched: 0 }, text, from, to);
}

/**
 * Continues from a state in text[from, to). Returns the end of the first match, or -1 when there is
 * none yet.
 */
function longReader(
  needle: string,
): (state: { matched: number }, text: string, from: number, to: number) => number {
  const fallback = fallbacks(needle);
  return (state, text, from, to) => {
    let { matched } = state;
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      while (matched > 0 && unit !== needle.charCodeAt(matched)) matched = fallback[matched - 1] as number;
      if (unit === needle.charCodeAt(matched)) matched++;
      if (matched === needle.length) return at + 1;
    }
    state.matched = matched;
    return -1;
  };
}

/**
 * Prepares a search for `needle` in a text that arrives in pieces. The result starts a search; that
 * returns, for each piece in turn, where in the piece the first match ends, or -1. Do not call it
 * after a match.
 *
 * @example
 * ```ts
 * const feed = textStream('bc')();
 * feed('ab'); // -1
 * feed('cd'); // 1
 * ```
 */
export function textStream(needle: string): () => (piece: string) => number {
  if (needle.length > short) {
    const read = longReader(needle);
    return () => {
      const state = { matched: 0 };
      return (piece) => read(state, piece, 0, piece.length);
    };
  }
  return () => {
    let before = ''; // the end of the last pieces, in which a match may begin
    return (piece) => {
      const text = before + piece;
      const found = text.indexOf(needle);
      if (found >= 0) return found + needle.length - before.length;
      before = needle.length > 1 ? text.slice(1 - needle.length) : '';
      return -1;
    };
  };
}

/** For each prefix of the needle: the length of its longest proper prefix that is also its end. */
function fallbacks(needle: string): Uint32Array {
  const fallback = new Uint32Array(needle.length);
  let matched = 0;
  for (let at = 1; at < needle.length; at++) {
    const unit = needle.charCodeAt(at);
    while (matched > 0 && unit !== needle.charCodeAt(matched)) matched = fallback[matched - 1] as number;
    if (unit === needle.charCodeAt(matched)) matched++;
    fallback[at] = matched;
  }
  return fallback;
}
