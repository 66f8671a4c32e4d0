/**
 * Texts that clients choose (jids, wids) as SQLite keeps them. The binding for Node 20 ends a text at its first NUL, so
 * such a text is kept as JSON behind a mark; all others, which is nearly all, are kept as they are.
 */

const MARK = '\u0001';

/** The column's value for a text. */
export function toColumn(text: string): string {
  return text.includes('\0') || text.startsWith(MARK) ? MARK + JSON.stringify(text) : text;
}

/** The text of a column's value. */
export function fromColumn(value: string): string {
  return value.startsWith(MARK) ? (JSON.parse(value.slice(1)) as string) : value;
}
