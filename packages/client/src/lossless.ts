/**
 * Refuses values that JSON would silently change, before a job is sent: NaN would arrive as null, a
 * Map as {}, a function not at all.
 *
 * Note: an object's field with the value undefined, and the sign of -0, are dropped without an
 * error, because no program misses them.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { pathText } from './path-text.ts';

/** A value that cannot travel: its path from the inside out, its kind, and what to send instead. */
interface Fault {
  keys: PropertyKey[];
  what: string;
}

const deepest = 1000; // levels; the stack has space for more, and no real job has as many

/**
 * Throws `INVALID` with the path of the first value in `args` or `custom` that would arrive
 * changed.
 */
export function refuseLossy({ jobtype, args, custom }: Pick<Job, 'jobtype' | 'args' | 'custom'>): void {
  if (!Array.isArray(args)) {
    throw new FaktoryError('INVALID', `${jobtype}: args must be a list, not ${kindOf(args)}`);
  }
  refuse(jobtype, 'args', listFault(args, 0));
  if (custom !== undefined) refuse(jobtype, 'custom', objectFault(custom, 'custom', 0));
}

function refuse(jobtype: string, start: string, fault: Fault | undefined): void {
  if (fault === undefined) return;
  const where = pathText(start, fault.keys.reverse());
  throw new FaktoryError('INVALID', `${jobtype}: ${where} ${fault.what}`);
}

function fault(what: string): Fault {
  return { keys: [], what };
}

function faultOf(value: unknown, key: PropertyKey, depth: number): Fault | undefined {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? undefined : fault(loneSurrogate);
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : fault(`is ${value}, which would arrive as null: send null or a text`);
    case 'boolean':
      return undefined;
    case 'undefined':
      return fault('is undefined, which would arrive as null: send null, or leave it out at the end of args');
    case 'object':
      if (value === null) return undefined;
      return Array.isArray(value) && !hasToJson(value)
        ? listFault(value, depth + 1)
        : objectFault(value, key, depth + 1);
    case 'bigint':
      return hasToJson(Object(value))
        ? faultOf((value as unknown as { toJSON(key: string): unknown }).toJSON(String(key)), key, depth)
        : fault('is a bigint, which JSON cannot represent: send a text, String(value)');
    default:
      return fault(`is a ${typeof value}, which JSON leaves out: remove it`);
  }
}

function listFault(list: readonly unknown[], depth: number): Fault | undefined {
  if (depth > deepest) return tooDeep(list);
  for (let at = 0; at < list.length; at++) {
    const found = faultOf(list[at], at, depth);
    if (found === undefined) continue;
    if (!(at in list)) found.what = 'is a hole in a list, which would arrive as null: send null';
    found.keys.push(at);
    return found;
  }
  return undefined;
}

// Note: reading a field by name inside for-in takes V8 a sixth of the time of Object.keys. Fields
// on Object.prototype are seen here too, and skipped only when they cannot travel.
function objectFault(value: object, key: PropertyKey, depth: number): Fault | undefined {
  if (depth > deepest) return tooDeep(value);
  if (Object.getPrototypeOf(value) !== Object.prototype || hasToJson(value)) {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return fault(binary(value));
    if (hasToJson(value)) return convertedFault(value, key, depth);
    if (!isPlain(value)) return fault(instance(value));
  }
  for (const name in value) {
    const field = (value as Record<string, unknown>)[name];
    if (field === undefined) continue;
    const found = isWellFormed(name) ? faultOf(field, name, depth) : fault(loneSurrogate);
    if (found === undefined || !Object.hasOwn(value, name)) continue;
    found.keys.push(name);
    return found;
  }
  return undefined;
}

/**
 * For a Date, a URL, a Temporal time or another object with `toJSON`, the result of that travels.
 */
function convertedFault(
  value: { toJSON(key: string): unknown },
  key: PropertyKey,
  depth: number,
): Fault | undefined {
  if (Object.prototype.toString.call(value) === '[object Date]' && Number.isNaN(Number(value))) {
    return fault('is a Date without a valid time, which would arrive as null: check the date, or send null');
  }
  const converted = value.toJSON(String(key));
  if (converted === undefined) return fault('has a toJSON that returns undefined: send a value');
  if (converted === value) return isPlain(value) ? undefined : fault(instance(value));
  return faultOf(converted, key, depth);
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/**
 * Written as an object literal or without a prototype, in any realm: a test runner may have its
 * own.
 */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed(); // Node has it from 20, the types from ES2024
}

const loneSurrogate =
  'has a lone surrogate, which UTF-8 cannot encode: cut texts between characters, or use text.toWellFormed()';

function binary(value: object): string {
  return `is ${kindOf(value)}, which JSON cannot represent: send a text, Buffer.from(value).toString('base64')`;
}

function instance(value: object): string {
  const advice =
    value instanceof Map
      ? 'send Object.fromEntries(map) or [...map]'
      : value instanceof Set
        ? 'send [...set]'
        : value instanceof Error
          ? 'send its message'
          : value instanceof Promise
            ? 'await it first'
            : 'send a plain object with its fields, or give its class a toJSON method';
  return `is ${kindOf(value)}, which would arrive changed: ${advice}`;
}

function tooDeep(value: object): Fault {
  try {
    JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError)
      return fault('contains itself, which JSON cannot represent: send an id instead');
  }
  return fault(`is nested deeper than ${deepest} levels: send a flatter form`);
}

/** The kind of a value, for an error: `a Map`. */
export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  const text = typeof name === 'string' && name !== '' ? name : 'object of a class without a name';
  return /^[AEIOU]/i.test(text) ? `an ${text}` : `a ${text}`;
}
