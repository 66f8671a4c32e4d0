/**
 * Groups failures into kinds: the same errtype, and the same message without its variable parts.
 *
 * Note: the same error must have the same id everywhere and for months, because ids are stored with
 * their counts. Any change here gives all errors new ids, so old counts no longer continue.
 */

import { cutUtf8, wellFormed } from './utf8.ts';

/** A kind of error. */
export interface Fingerprint {
  /** Hash of errtype and message: 16 hexadecimal digits. */
  id: string;
  errtype: string;
  /**
   * The first line, cut at 200 bytes, with placeholders for numbers, ids, addresses, paths, hosts
   * and quoted texts.
   */
  message: string;
}

const LONGEST_LINE = 500; // characters that are read
const LONGEST_MESSAGE = 200; // bytes
const LONGEST_ERRTYPE = 100; // bytes

/**
 * Last parts of names that are recognised as hosts. Others may be files (`job.rb`) or classes
 * (`java.lang`).
 */
const TOP =
  'com|net|org|edu|gov|io|dev|app|cloud|info|biz|co|ai|example|test|invalid|local|localdomain|internal|intranet|corp|lan|home|cluster|svc|de|fr|uk|eu|nl|it|es|pt|br|ru|ua|cn|jp|kr|in|au|ca|ch|at|se|no|dk|fi|be|il|ir|us|mx|nz|tw|hk|sg';

// Each pattern starts only where no part of the same match stands before it, so the time is linear.
const placeholders: readonly (readonly [RegExp, string])[] = [
  [/(?<![\p{L}\p{N}+.-])\p{L}[\p{L}\p{N}+.-]*:\/\/[^\s"'`<>()[\]{}]*[^\s"'`<>()[\]{}.,;:!?]/gu, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  // An apostrophe inside a word does not open a quotation.
  [/(?<![\p{L}\p{N}\\])(["'`])(?:(?!\1)[^\\]|\\.)*\1(?![\p{L}\p{N}])/gu, '<text>'],
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?/gu, '<email>'],
  // With a drive letter, or from a slash that has no word before it: `and/or` and
  // `application/json` are not paths.
  [/(?<![\p{L}\p{N}])[a-z]:\\[^\s"'`<>|:,;]*/giu, '<path>'],
  [/(?<![\p{L}\p{N}._@%+=~/<>-])(?:~|\.{1,2})?\/[\p{L}\p{N}_@%+=~-][\p{L}\p{N}._@%+=~/-]*/gu, '<path>'],
  [/(?<=\b(?:ENOTFOUND|EAI_AGAIN|lookup) )[\p{L}\p{N}][\p{L}\p{N}._-]*/gu, '<host>'],
  [
    new RegExp(
      `(?<![\\p{L}\\p{N}._/@-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+(?:${TOP})(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`,
      'gu',
    ),
    '<host>',
  ],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}/gi, '<id>'],
  [/\d+(?:[.,]\d+)*/g, '<n>'],
];

/** The kind of an error. The texts may be empty. */
export function fingerprint(errtype: string, message: string): Fingerprint {
  const type = cutUtf8(wellFormed(errtype), LONGEST_ERRTYPE);
  let text = wellFormed(firstLine(message));
  for (const [pattern, placeholder] of placeholders) text = text.replace(pattern, placeholder);
  text = cutUtf8(text.trim(), LONGEST_MESSAGE);
  return { id: hash(`${type}\n${text}`), errtype: type, message: text };
}

/** One kind for all errors of an errtype, for a type with too many kinds. Its message is `*`. */
export function fingerprintOfType(errtype: string): Fingerprint {
  const type = cutUtf8(wellFormed(errtype), LONGEST_ERRTYPE);
  return { id: hash(`${type}\n\n*`), errtype: type, message: '*' }; // no message has a line break
}

/** The part of the original message that pages show: its first line, cut at 200 bytes. */
export const sampleOf = (message: string): string =>
  cutUtf8(wellFormed(firstLine(message)).trim(), LONGEST_MESSAGE);

function firstLine(message: string): string {
  const [line = ''] = message
    .trimStart()
    .slice(0, LONGEST_LINE)
    .split(/[\r\n]/, 1);
  return line;
}

// Two running sums with a final mix, as in cyrb53. Node and browsers share no synchronous hash
// function.
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
