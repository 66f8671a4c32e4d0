/**
 * Cuts, changes and indents JSON text without building values, so numbers and escapes stay as they
 * were written. Nothing here recurses, because a client may nest 10,000 levels.
 */
import { compactJson, JsonScanner, stringEnd } from './json.ts';

/**
 * The first `most` items of a JSON array, each as its text. Throws `MALFORMED` when the text is not
 * an array.
 *
 * @example
 * ```ts
 * jsonItems('[1.0, {"a":12345678901234567890}]'); // ['1.0', '{"a":12345678901234567890}']
 * ```
 */
export function jsonItems(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const items: string[] = [];
  eachPart(text, '[', (start, end) => items.push(text.slice(start, end)) < most);
  return items;
}

/**
 * The members of a JSON object, each as its text; the last of equal keys wins. Throws `MALFORMED`
 * when the text is not an object.
 */
export function jsonMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  eachPart(text, '{', (start, end, keyAt) => members.set(keyOf(text, keyAt), text.slice(start, end)));
  return members;
}

/**
 * The text of one member of a JSON object; undefined when absent, the last of equal keys wins.
 * Other members are not stored, so 700,000 of them cost only the reading. Throws `MALFORMED` when
 * the text is not an object.
 */
export function jsonMember(text: string, name: string): string | undefined {
  const plain = JSON.stringify(name);
  let found: string | undefined;
  eachPart(text, '{', (start, end, keyAt) => {
    const isIt = text.startsWith(plain, keyAt) || (isEscaped(text, keyAt) && keyOf(text, keyAt) === name);
    if (isIt) found = text.slice(start, end);
  });
  return found;
}

/** Calls `take` for each item or member, until it returns false. */
function eachPart(
  text: string,
  open: '[' | '{',
  take: (start: number, end: number, keyAt: number) => unknown,
): void {
  const scanner = new JsonScanner(text);
  let at = scanner.space(0);
  if (text[at] !== open) scanner.fail(at, open === '[' ? 'it must be an array' : 'it must be an object');
  const close = open === '[' ? ']' : '}';
  at = scanner.space(at + 1);
  let more = text[at] !== close;
  while (more) {
    const start = open === '{' ? scanner.key(at) : at;
    const end = scanner.value(start);
    if (take(start, end, at) === false) return;
    at = scanner.space(end);
    more = text[at] === ',';
    if (more) at = scanner.space(at + 1);
    else if (text[at] !== close) scanner.fail(at);
  }
  scanner.end(at + 1);
}

const keyOf = (text: string, at: number): string => JSON.parse(text.slice(at, stringEnd(text, at))) as string;

const isEscaped = (text: string, at: number): boolean => text.slice(at, stringEnd(text, at)).includes('\\');

/** The path to a value: keys and indexes, from the outermost on. */
export type JsonPath = readonly (string | number)[];

/**
 * Replaces values in JSON text. `replacement` is called for every value inside the outermost one,
 * parents first; a replaced value is not entered. The rest of the text stays as it is written. The
 * path array is reused, so it is valid only during the call. Throws `MALFORMED`.
 */
export function replaceInJson(text: string, replacement: (path: JsonPath) => string | undefined): string {
  const scanner = new JsonScanner(text);
  scanner.end(scanner.value(scanner.space(0)));
  for (const steps = replaceInParts(text, replacement); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const valuesInPart = 10_000; // about 3 ms

/**
 * {@link replaceInJson} in parts, for a text of megabytes that must be valid JSON: yields so that
 * the caller can serve others. With `most` it stops, between two values, once the result has that
 * many characters; the rest of the text is left out.
 */
export function* replaceInParts(
  text: string,
  replacement: (path: JsonPath) => string | undefined,
  most = Number.POSITIVE_INFINITY,
): Generator<void, string> {
  const scanner = new JsonScanner(text);
  const path: (string | number)[] = [];
  const parts: string[] = [];
  let kept = 0; // the text before this position is in `parts`
  let at = scanner.space(0);
  let fresh = false; // a container was just opened
  const open = (): void => {
    const isArray = text[at] === '[';
    if (!isArray && text[at] !== '{') return;
    path.push(isArray ? -1 : '');
    at = scanner.space(at + 1);
    fresh = true;
  };
  let length = 0; // characters in `parts`
  open();
  for (let values = 1; path.length > 0; values++) {
    if (values % valuesInPart === 0) yield;
    if (length + at - kept > most) return parts.join('') + text.slice(kept, at);
    if (text[at] === ']' || text[at] === '}') {
      path.pop();
      at = scanner.space(at + 1);
      fresh = false;
      continue;
    }
    if (!fresh) at = scanner.space(at + 1); // skips a comma
    fresh = false;
    const last = path.length - 1;
    const place = path[last];
    if (typeof place === 'number') path[last] = place + 1;
    else {
      path[last] = keyOf(text, at);
      at = scanner.key(at);
    }
    const other = replacement(path);
    const isContainer = text[at] === '[' || text[at] === '{';
    if (other === undefined && isContainer) {
      open();
      continue;
    }
    const end = scanner.value(at);
    if (other !== undefined) {
      parts.push(text.slice(kept, at), other);
      length += at - kept + other.length;
      kept = end;
    }
    at = scanner.space(end);
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(kept);
}

const deepestIndent = 100; // levels; a text of 10,000 levels would become 100 MB of spaces

/**
 * The text with line breaks and two spaces a level, like `JSON.stringify(value, undefined, 2)`.
 * Throws `MALFORMED`.
 *
 * @example
 * ```ts
 * indentedJson('{"id":12345678901234567890}'); // '{\n  "id": 12345678901234567890\n}'
 * ```
 */
export function indentedJson(text: string): string {
  const scanner = new JsonScanner(compactJson(text));
  const { text: tight, length } = scanner;
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): string => `\n${'  '.repeat(Math.min(depth, deepestIndent))}`;
  for (let at = 0; at < length; ) {
    const sign = tight[at] ?? '';
    const next = tight[at + 1];
    const start = at;
    at++;
    if (sign === '{' || sign === '[') {
      if (next === '}' || next === ']') parts.push(sign, tight[at++] ?? '');
      else {
        depth++;
        parts.push(sign, newLine());
      }
    } else if (sign === '}' || sign === ']') {
      depth--;
      parts.push(newLine(), sign);
    } else if (sign === ',') parts.push(sign, newLine());
    else if (sign === ':') parts.push(': ');
    else {
      at = scanner.scalar(start, scanner.peek(start));
      parts.push(tight.slice(start, at));
    }
  }
  return parts.join('');
}
