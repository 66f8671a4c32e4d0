/**
 * Parses the JSON payloads of the verbs other than PUSH. It builds values, so numbers lose digits
 * that JavaScript cannot hold: do not use it for jobs.
 *
 * Note: keys match in any case and null means absent, as in Go's decoder; clients rely on both.
 */

import { FaktoryError } from './errors.ts';
import { compactJson } from './json.ts';
import { checkMembers } from './members.ts';

/** The fields of an object by lower-case name, without the null ones. */
export type Payload = ReadonlyMap<string, unknown>;

/**
 * Parses one JSON object of at most 1,000 members. Throws `MALFORMED`. Its strings are well-formed.
 */
export function readPayload(text: string): Payload {
  checkMembers(text);
  return readChecked(text);
}

/** {@link readPayload} for a text whose members were already counted. */
export function readChecked(text: string): Payload {
  // compactJson() checks the text first, for the same strictness and messages on every engine.
  return payloadOf(JSON.parse(compactJson(text)));
}

/** The fields of an object that is already parsed. Throws `MALFORMED` for any other value. */
export function payloadOf(value: unknown): Payload {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('not an object');
  const fields = new Map<string, unknown>();
  for (const [key, field] of Object.entries(value)) {
    if (field !== null) fields.set(key.toLowerCase(), field);
  }
  return fields;
}

/** A string field; `undefined` when absent. Throws `MALFORMED` for another type. */
export function stringIn(payload: Payload, name: string): string | undefined {
  const value = payload.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(`"${name}" must be a string`);
}

/** A safe integer; `undefined` when absent. Throws `MALFORMED` for any other value. */
export function integerIn(payload: Payload, name: string): number | undefined {
  const value = payload.get(name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(`"${name}" must be an integer`);
}

/**
 * A list of strings, without its nulls; `undefined` when absent. Throws `MALFORMED` for any other
 * value.
 */
export function stringsIn(payload: Payload, name: string): string[] | undefined {
  const value = payload.get(name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrong(`"${name}" must be an array of strings`);
  return value.filter((entry: unknown): entry is string => {
    if (typeof entry === 'string') return true;
    if (entry === null) return false;
    throw wrong(`"${name}" must be an array of strings`);
  });
}

/**
 * Maximum number of strings in a list such as `jids`, because all are read at once while other
 * clients wait.
 */
const mostListed = 10_000;

/** Like {@link stringsIn}. Throws `LIMIT` for more than 10,000 entries. */
export function boundedStringsIn(payload: Payload, name: string): string[] | undefined {
  const list = payload.get(name);
  if (!Array.isArray(list) || list.length <= mostListed) return stringsIn(payload, name);
  throw new FaktoryError(
    'LIMIT',
    `"${name}" has ${list.length} entries, the most is ${mostListed}; split it into several commands`,
  );
}

function wrong(problem: string): FaktoryError {
  return new FaktoryError('MALFORMED', `invalid JSON: ${problem}`);
}
