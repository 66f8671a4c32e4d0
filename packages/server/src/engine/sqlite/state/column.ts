/**
 * Converts texts that clients choose (jids, wids) to column values and back.
 * Note: the Node 20 binding cuts a text at its first NUL, so such a text is stored as JSON after a
 * mark.
 */

const MARK = '\u0001';

/** Returns the column value of a text. */
export function toColumn(text: string): string {
  return text.includes('\0') || text.startsWith(MARK) ? MARK + JSON.stringify(text) : text;
}

/** Returns the text of a column value. */
export function fromColumn(value: string): string {
  return value.startsWith(MARK) ? (JSON.parse(value.slice(1)) as string) : value;
}
