/*
 * Which failures are of one kind: the same errtype, and the same message without what differs from one time to the next. Pure and the
 * same everywhere, since an id is counted by the server, kept for months, and asked for by people.
 *
 * A stranger would get wrong that any change here makes new kinds of all errors: what was counted before stands alone then.
 */

import { cutUtf8, wellFormed } from './utf8.ts';

/** A kind of error. */
export interface Fingerprint {
  /** Of errtype and message: 16 hexadecimal digits. */
  id: string;
  errtype: string;
  /** The first line, with placeholders for numbers, ids and quoted texts, cut at 200 bytes. */
  message: string;
}

const LONGEST_LINE = 1000; // characters that are looked at
const LONGEST_MESSAGE = 200; // bytes
const LONGEST_ERRTYPE = 100; // bytes

const placeholders: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  // An apostrophe inside a word opens no quotation.
  [/(?<![\p{L}\p{N}])(["'`])(?:(?!\1)[^\\]|\\.)*\1(?![\p{L}\p{N}])/gu, '<text>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}/gi, '<id>'],
  [/\d+(?:[.,]\d+)*/g, '<n>'],
];

/** The kind of an error. Empty texts are as good as others. */
export function fingerprint(errtype: string, message: string): Fingerprint {
  const type = cutUtf8(wellFormed(errtype), LONGEST_ERRTYPE);
  const [line = ''] = message
    .trimStart()
    .slice(0, LONGEST_LINE)
    .split(/[\r\n]/, 1);
  let text = wellFormed(line);
  for (const [pattern, placeholder] of placeholders) text = text.replace(pattern, placeholder);
  text = cutUtf8(text.trim(), LONGEST_MESSAGE);
  return { id: hash(`${type}\n${text}`), errtype: type, message: text };
}

// Two running sums with a last stir, as in cyrb53: there is no hash that Node and browsers both give at once.
function hash(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  const stir = (x: number, y: number): number =>
    Math.imul(x ^ (x >>> 16), 0x85ebca6b) ^ Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return hex(stir(a, b)) + hex(stir(b, a));
}

const hex = (number: number): string => (number >>> 0).toString(16).padStart(8, '0');
