/*
 * Texts of other programs, where people read them: a control character may move a terminal's cursor, a bidi control may turn the text
 * around it, so that it says something else than it is. Each is shown as its JSON escape.
 */

/** Control characters, line and paragraph separators, bidi controls, characters without width that join nothing, halves of pairs. */
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
 * One line of text that shows every character it has: `a\u202eb` for an `a` and a `b` with a right-to-left override between them.
 *
 * @example
 * ```ts
 * visible('mail\u001b[2J'); // 'mail\\u001b[2J'
 * ```
 */
export function visible(text: string): string {
  return text.replace(hidden, escaped);
}

/** The same for texts of several lines, JSON too: line ends and tabs stay. JSON keeps its meaning. */
export function visibleLines(text: string): string {
  return text.replace(hidden, (sign) => (sign === '\n' || sign === '\t' ? sign : escaped(sign)));
}

/** The text in pieces: those at odd places are single characters that would not be seen. */
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
