/**
 * A first, cheap look for options in the text of `custom`.
 */

/** Matches a text that may have one of these keys. An option inside a deeper object or a text matches too. */
export function mayHaveKey(keys: readonly string[]): RegExp {
  return new RegExp(`"(?:${keys.join('|')})"\\s*:`);
}
