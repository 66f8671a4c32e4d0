/**
 * Parses the payload of a command in parts, for payloads of megabytes, and builds only the known
 * fields.
 *
 * The result is that of readPayload, with two differences that no known client meets: an unknown
 * field may have any number of members, because nothing of it is built; and a null removes the
 * earlier value of an equal key, in any case.
 */
import { type Cut, type JsonScanner, PAUSED } from './json.ts';
import { tooManyMembers } from './members.ts';
import type { Payload } from './payload.ts';
import { scan, stringOf } from './value-parts.ts';

/**
 * The type of each known field: a text, a number, or a list of which the first `most` texts are
 * kept.
 */
export type KnownFields = Readonly<Record<string, 'text' | 'number' | { readonly most: number }>>;

interface Read<Value> {
  readonly end: number;
  readonly value: Value;
}

const LONGEST_NAME = 100; // characters of a known key, escapes and quotes included
const LONGEST_NUMBER = 100; // characters
/** Placeholder for a value of a wrong type; the function that reads the field refuses it. */
const WRONG = false;

/** Counts the members of all objects of one payload, without those of unknown fields. */
export interface MemberCount {
  count: number;
  readonly most: number;
}

/**
 * Parses the object at `start` and counts its members. Yields as `scan` does. Throws `MALFORMED`.
 */
export function* readFieldsOf(
  scanner: JsonScanner,
  start: number,
  known: KnownFields,
  members: MemberCount,
): Generator<number, Read<Payload>> {
  const value = new Map<string, unknown>();
  if (scanner.peek(start) !== 0x7b /* { */) {
    yield* scan(scanner, start, []);
    scanner.fail(start, 'not an object');
  }
  let at = scanner.space(start + 1);
  if (scanner.peek(at) !== 0x7d /* } */) {
    for (;;) {
      if (++members.count > members.most) throw tooManyMembers(members.most);
      at = scanner.space(yield* readField(scanner, at, known, value));
      const next = scanner.peek(at);
      if (next === 0x7d /* } */) break;
      if (next !== 0x2c /* , */) scanner.fail(at);
      at = scanner.space(at + 1);
    }
  }
  return { end: at + 1, value };
}

function* readField(
  scanner: JsonScanner,
  keyAt: number,
  known: KnownFields,
  fields: Map<string, unknown>,
): Generator<number, number> {
  const keyEnd = scanner.name(keyAt);
  const key = keyEnd - keyAt > LONGEST_NAME ? '""' : scanner.text.slice(keyAt, keyEnd);
  const name = String(JSON.parse(key)).toLowerCase();
  const at = scanner.colon(keyEnd);
  const kind = Object.hasOwn(known, name) ? known[name] : undefined;
  if (kind === undefined) return yield* scan(scanner, at, []);
  const { end, value } = yield* readValue(scanner, at, kind);
  if (value === null) fields.delete(name);
  else fields.set(name, value);
  return end;
}

function* readValue(
  scanner: JsonScanner,
  at: number,
  kind: KnownFields[string],
): Generator<number, Read<unknown>> {
  const first = scanner.peek(at);
  if (first === 0x5b /* [ */ && typeof kind === 'object') return yield* readList(scanner, at, kind.most);
  if (first === 0x22 /* " */) return yield* readText(scanner, at);
  const end = yield* scan(scanner, at, []);
  if (first === 0x6e /* null */) return { end, value: null };
  const isNumber = kind === 'number' && end - at <= LONGEST_NUMBER && first !== 0x5b && first !== 0x7b;
  return { end, value: isNumber ? (JSON.parse(scanner.text.slice(at, end)) as unknown) : WRONG };
}

function* readText(scanner: JsonScanner, at: number): Generator<number, Read<string>> {
  scanner.spaced = scanner.lone = scanner.escaped = false;
  const cuts: Cut[] = [];
  const end = yield* scan(scanner, at, cuts);
  return { end, value: yield* stringOf(scanner, at, end, cuts) };
}

/**
 * The first `most` texts of an array; nulls are skipped, an item of a wrong type puts WRONG into
 * the list.
 */
function* readList(scanner: JsonScanner, open: number, most: number): Generator<number, Read<unknown[]>> {
  const value: unknown[] = [];
  let at = scanner.space(open + 1);
  if (scanner.peek(at) === 0x5d /* ] */) return { end: at + 1, value };
  for (;;) {
    const first = scanner.peek(at);
    if (first === 0x22 /* " */ && value.length < most) {
      const item = yield* readText(scanner, at);
      value.push(item.value);
      at = item.end;
    } else {
      if (first !== 0x22 && first !== 0x6e /* null */) value[0] = WRONG;
      const end = scanner.begin(at);
      at = end === PAUSED ? yield* resumed(scanner) : end;
    }
    at = scanner.space(at);
    if (scanner.peek(at) === 0x5d) return { end: at + 1, value };
    if (scanner.peek(at) !== 0x2c /* , */) scanner.fail(at);
    at = scanner.space(at + 1);
  }
}

function* resumed(scanner: JsonScanner): Generator<number, number> {
  let end = PAUSED;
  while (end === PAUSED) {
    yield scanner.cut.at;
    end = scanner.resume();
  }
  return end;
}
