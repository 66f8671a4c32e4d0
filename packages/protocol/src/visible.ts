/**
 * Escapes hidden characters in texts of other programs before people read them. A control character
 * may move a terminal's cursor, and a bidi control may reorder the text around it. Each becomes its
 * JSON escape.
 */

/**
 * Control characters, line and paragraph separators, bidi controls, zero-width characters that join
 * nothing, and lone surrogates.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

const short: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};
const escaped = (sign: string): string =>
  short[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * One line of text in which every character is visible: `a\u202eb` for an `a` and a `b` with a
 * right-to-left override between them.
 *
 * @example
 * ```ts
 * visible('mail\u001b[2J'); // 'mail\\u001b[2J'
 * ```
 */
export function visible(text: string): string {
  return text.replace(hidden, escaped);
}

/** {@link visible} for several lines: line ends and tabs stay, so JSON keeps its meaning. */
export function visibleLines(text: string): string {
  return text.replace(hidden, (sign) => (sign === '\n' || sign === '\t' ? sign : escaped(sign)));
}

/** The text in pieces; the pieces at odd indexes are hidden characters. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const { 0: sign, index } of text.matchAll(hidden)) {
    if (sign === '\n' || sign === '\t' || (sign === '\r' && text[index + 1] === '\n')) continue;
    pieces.push(text.slice(end, index), sign);
    end = index + sign.length;
  }
  return [...pieces, text.slice(end)];
}
