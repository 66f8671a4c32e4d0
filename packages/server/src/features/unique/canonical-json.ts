/**
 * JSON text in one form for equal values: without white space, with the keys of objects in order. Numbers stay as they were written,
 * because large ones would lose digits.
 */
import { compactJson, jsonItems, jsonMembers } from '@faktory-ts/protocol';

/** `text` must be valid JSON. */
export function canonicalJson(text: string): string {
  const compact = compactJson(text);
  return compact.includes('{') || compact.includes('\\') ? ordered(compact) : compact;
}

function ordered(text: string): string {
  switch (text[0]) {
    case '[':
      return `[${jsonItems(text).map(ordered).join(',')}]`;
    case '{': {
      const members = [...jsonMembers(text)].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${ordered(value)}`).join(',')}}`;
    }
    case '"':
      return JSON.stringify(JSON.parse(text));
    default:
      return text;
  }
}
