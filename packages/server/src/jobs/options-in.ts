/**
 * A first, cheap look for options in the text of `custom`.
 */

/**
 * Matches a text that may have one of these keys, which are words of `a` to `z` and `_`. An option inside a deeper object or a text
 * matches too, and so does the escape of such a letter, because a key may be written with escapes.
 */
export function mayHaveKey(keys: readonly string[]): RegExp {
  return new RegExp(`"(?:${keys.join('|')})"\\s*:|\\\\u00[567]`);
}
