/*
 * The small JSON objects of the verbs other than PUSH: read once, field by field. It must never be used for
 * jobs: it builds values, so numbers lose what JavaScript cannot hold. A stranger would get wrong that keys
 * match in any case and that null means absent: that is what Go's decoder does, and clients rely on both.
 */

import { FaktoryError } from './errors.ts';
import { compactJson } from './json.ts';
import { checkMembers } from './members.ts';

/** The fields of one object by lower-case name; those that were null are not there. */
export type Payload = ReadonlyMap<string, unknown>;

/** Reads one JSON object of at most 1,000 members. Throws `MALFORMED`; strings come out well-formed. */
export function readPayload(text: string): Payload {
  checkMembers(text);
  return readChecked(text);
}

/** {@link readPayload} for a text whose members are counted already. */
export function readChecked(text: string): Payload {
  // Checked first by our scanner: one strictness and one style of message, whatever the engine's own parser
  // says.
  return payloadOf(JSON.parse(compactJson(text)));
}

/** The fields of an object that is parsed already. Throws `MALFORMED` for anything else. */
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

/**
 * A whole number that JavaScript holds exactly; `undefined` when absent. Throws `MALFORMED` for anything
 * else.
 */
export function integerIn(payload: Payload, name: string): number | undefined {
  const value = payload.get(name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(`"${name}" must be an integer`);
}

/** A list of strings, nulls in it left out; `undefined` when absent. Throws `MALFORMED` for anything else. */
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

/** Most strings in a list such as `jids`: all are read in one go, while other clients wait. */
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
