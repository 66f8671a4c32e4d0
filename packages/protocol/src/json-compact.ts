/**
 * Helpers for text that is known to be valid JSON: finding the end of a string, removing white
 * space and lone surrogates.
 */
import { unitAt, wellFormed } from './utf8.ts';

/**
 * The text from `start` to `end` without white space between its tokens. `inString`: `start` is
 * inside a string.
 */
export function withoutSpace(text: string, start: number, end: number, inString: boolean): string {
  const parts: string[] = [];
  let from = start;
  let i = inString ? closingQuote(text, start) + 1 : start;
  while (i < end) {
    const unit = unitAt(text, i);
    if (unit === 0x22) {
      i = stringEnd(text, i);
    } else if (unit <= 0x20) {
      if (i > from) parts.push(text.slice(from, i));
      do i++;
      while (i < end && unitAt(text, i) <= 0x20);
      from = i;
    } else i++;
  }
  if (end > from) parts.push(text.slice(from, end));
  return parts.join('');
}

/** The position after the string at `start`, which must be valid. */
export function stringEnd(text: string, start: number): number {
  return closingQuote(text, start + 1) + 1;
}

/** Position of the closing quote of the string that contains `from`. */
function closingQuote(text: string, from: number): number {
  let i = from - 1;
  for (;;) {
    i = text.indexOf('"', i + 1);
    let backslashes = 0;
    while (unitAt(text, i - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return i;
  }
}

/** Replaces `\ud800`-style escapes without a partner by `\ufffd`. */
export function mendEscapes(text: string): string {
  // Each match is one escape or one pair, from the left, so an escaped backslash before a `u` is
  // not mistaken for one.
  const escapes = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])/g;
  return text.replace(escapes, (found) => (/^\\u[dD][89a-fA-F]..$/.test(found) ? '\\ufffd' : found));
}

/** The text as a JSON string, quotes included; lone surrogates become U+FFFD. */
export function jsonString(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(wellFormed(text));
}

/** Whether the text needs no escape in a JSON string. */
function isPlain(text: string): boolean {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const unit = unitAt(text, i);
    if (unit > 0x22 && unit !== 0x5c && unit < 0xd800) continue;
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit >= 0xd800) return false;
  }
  return true;
}
