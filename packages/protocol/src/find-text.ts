/*
 * Finding a text in a text in linear time, whatever both are.
 *
 * Note: `indexOf` is not linear, because V8 goes back after a mismatch: 500 times a, b, 500 times a, looked for in 300 kB of a, took
 * 220 ms. It is used where it cannot cost much: for short needles. Longer ones go by the table of Knuth, Morris and Pratt.
 */

const short = 32; // UTF-16 units

/**
 * Prepares a search for `needle`: the result returns the end of the first match in text[from, to), or -1. The time is linear in both texts.
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
  const fallback = fallbacks(needle);
  return (text, from, to) => {
    let matched = 0;
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      while (matched > 0 && unit !== needle.charCodeAt(matched)) matched = fallback[matched - 1] as number;
      if (unit === needle.charCodeAt(matched)) matched++;
      if (matched === needle.length) return at + 1;
    }
    return -1;
  };
}

/** For each beginning of the needle: how long the longest shorter beginning is that it ends with. */
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
