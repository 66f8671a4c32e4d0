/*
 * Reads some members of a JSON object in one pass and in parts, for an object of megabytes.
 */
import { JsonScanner, noLimit } from './json.ts';
import { scan } from './value-parts.ts';

/**
 * The members with these names, each as its text; the last of equal keys counts. Yields after about `part` characters each. Nothing is
 * kept of the other members. Throws `MALFORMED` when the text is not an object.
 */
export function* someMembers(
  text: string,
  names: ReadonlySet<string>,
  part: number,
): Generator<void, Map<string, string>> {
  const scanner = new JsonScanner(text);
  const found = new Map<string, string>();
  scanner.until = Math.min(part, noLimit);
  const reading = read(scanner, names, found);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return found;
    yield;
    scanner.until = value + part;
  }
}

function* read(
  scanner: JsonScanner,
  names: ReadonlySet<string>,
  found: Map<string, string>,
): Generator<number, void> {
  let at = scanner.space(0);
  if (scanner.peek(at) !== 0x7b /* { */) scanner.fail(at, 'it must be an object');
  at = scanner.space(at + 1);
  if (scanner.peek(at) === 0x7d /* } */) return scanner.end(at + 1);
  const longest = Math.max(...[...names].map((name) => name.length)) * 6 + 2; // when each character is an escape
  for (;;) {
    const keyEnd = scanner.name(at);
    const name = keyEnd - at > longest ? '' : nameOf(scanner.text.slice(at, keyEnd));
    const start = scanner.colon(keyEnd);
    const end = yield* scan(scanner, start, []);
    if (names.has(name)) found.set(name, scanner.text.slice(start, end));
    at = scanner.space(end);
    const next = scanner.peek(at);
    if (next === 0x7d /* } */) return scanner.end(at + 1);
    if (next !== 0x2c /* , */) scanner.fail(at);
    at = scanner.space(at + 1);
  }
}

const nameOf = (key: string): string => (key.includes('\\') ? (JSON.parse(key) as string) : key.slice(1, -1));
