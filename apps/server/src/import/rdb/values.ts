/**
 * The encodings of values in an RDB file, by the type byte before the key. A value is a number of
 * items, each of which can be read or skipped on its own.
 *
 * Note: a "type" is a data type together with an encoding; a list alone has four.
 */
import { type Kind, parseScore, type Scored } from '../source.ts';
import type { FileBytes } from './file-bytes.ts';
import { intset, listpack, Unreadable, ziplist } from './packed.ts';

export interface Form {
  readonly kind: Kind;
  /** Whether a count precedes the items; otherwise there is one item. */
  readonly counted: boolean;
  skip(bytes: FileBytes): void;
  /** The content of an item; the members of sorted sets come with their scores from `scored`. */
  elements(bytes: FileBytes): Buffer[];
  scored(bytes: FileBytes): Scored[];
  /** Whether the file stores it from the highest score to the lowest. */
  readonly falling: boolean;
}

const forms: Readonly<Record<number, Form>> = {
  0: form('string', { elements: (bytes) => [bytes.string()] }),
  1: form('list', { counted: true, elements: (bytes) => [bytes.string()] }),
  2: form('set', { counted: true, elements: (bytes) => [bytes.string()] }),
  3: form('sorted set', {
    counted: true,
    falling: true,
    skip: (bytes) => {
      bytes.skipString();
      oldDouble(bytes);
    },
    scored: (bytes) => [{ member: bytes.string(), score: oldDouble(bytes) }],
  }),
  4: form('hash', { counted: true, skip: (bytes) => skipStrings(bytes, 2) }),
  5: form('sorted set', {
    counted: true,
    falling: true,
    skip: (bytes) => {
      bytes.skipString();
      bytes.skip(8);
    },
    scored: (bytes) => [{ member: bytes.string(), score: bytes.take(8).readDoubleLE() }],
  }),
  7: form('module value', { skip: skipModule }),
  9: form('hash', {}), // a zipmap, until 2.6
  10: form('list', { elements: packed(ziplist) }),
  11: form('set', { elements: packed(intset) }),
  12: form('sorted set', { scored: pairs(ziplist) }),
  13: form('hash', {}), // a ziplist
  14: form('list', { counted: true, elements: packed(ziplist) }),
  15: form('stream', { skip: (bytes) => skipStream(bytes, 1) }),
  16: form('hash', {}), // a listpack
  17: form('sorted set', { scored: pairs(listpack) }),
  18: form('list', { counted: true, skip: skipNode, elements: node }),
  19: form('stream', { skip: (bytes) => skipStream(bytes, 2) }),
  20: form('set', { elements: packed(listpack) }),
  21: form('stream', { skip: (bytes) => skipStream(bytes, 3) }),
};

/** The form of a value; refuses types that cannot be skipped. */
export function formOf(type: number, bytes: FileBytes): Form {
  const advice = 'is it from a newer Redis? Import from the running Redis instead: faktory import redis://…';
  return forms[type] ?? bytes.fail(`a value of an unknown type (${type}); ${advice}`, bytes.offset - 1);
}

function form(kind: Kind, own: Partial<Omit<Form, 'kind'>>): Form {
  const none = (): never[] => [];
  const skip = (bytes: FileBytes): void => bytes.skipString();
  return { kind, counted: false, falling: false, skip, elements: none, scored: none, ...own };
}

/** Reads items that are lists in a string. */
function packed(read: (packed: Buffer) => Buffer[]): Form['elements'] {
  return (bytes) => {
    const began = bytes.offset;
    const string = bytes.string();
    try {
      return read(string);
    } catch (cause) {
      if (cause instanceof Unreadable) bytes.fail(cause.message, began);
      throw cause;
    }
  };
}

/** Reads such a list of members, each followed by its score. */
function pairs(read: (packed: Buffer) => Buffer[]): Form['scored'] {
  const all = packed(read);
  return (bytes) => {
    const began = bytes.offset;
    const found = all(bytes);
    if (found.length % 2 !== 0) bytes.fail('a member without a score', began);
    const members = found.filter((_, index) => index % 2 === 0);
    return members.map((member, index) => {
      return { member, score: parseScore(String(found[index * 2 + 1])) };
    });
  };
}

/** Reads a part of a list since Redis 7: one long element, or a listpack of several. */
function node(bytes: FileBytes): Buffer[] {
  const container = bytes.length();
  if (container === 1) return [bytes.string()];
  return container === 2 ? packed(listpack)(bytes) : bytes.fail(`a part of a list of form ${container}`);
}

function skipNode(bytes: FileBytes): void {
  bytes.length();
  bytes.skipString();
}

/** Reads a number stored as text, or a special value. */
function oldDouble(bytes: FileBytes): number {
  const length = bytes.byte();
  if (length === 253) return Number.NaN;
  if (length === 254) return Number.POSITIVE_INFINITY;
  if (length === 255) return Number.NEGATIVE_INFINITY;
  return parseScore(String(bytes.take(length)));
}

function skipStrings(bytes: FileBytes, count: number): void {
  for (let n = 0; n < count; n++) bytes.skipString();
}

function skipLengths(bytes: FileBytes, count: number): void {
  for (let n = 0; n < count; n++) bytes.length();
}

/** Skips a stream. `version`: 1 since Redis 5, 2 since 7.0, 3 since 7.2. */
function skipStream(bytes: FileBytes, version: number): void {
  skipStrings(bytes, 2 * bytes.length()); // listpacks, each with its first id
  // number of entries, last id; first id, last deleted id, entries added
  skipLengths(bytes, version === 1 ? 3 : 8);
  for (let groups = bytes.length(); groups > 0; groups--) {
    bytes.skipString();
    skipLengths(bytes, version === 1 ? 2 : 3); // its position
    for (let waiting = bytes.length(); waiting > 0; waiting--) {
      bytes.skip(16 + 8); // id, time
      bytes.length();
    }
    for (let consumers = bytes.length(); consumers > 0; consumers--) {
      bytes.skipString();
      bytes.skip(version === 3 ? 16 : 8); // times: seen, active
      for (let held = bytes.length(); held > 0; held--) bytes.skip(16);
    }
  }
}

/** Skips the value of a module: its id, then its parts. */
function skipModule(bytes: FileBytes): void {
  bytes.length();
  skipModuleParts(bytes);
}

export function skipModuleParts(bytes: FileBytes): void {
  for (let part = bytes.length(); part !== 0; part = bytes.length()) {
    if (part === 1 || part === 2) bytes.length();
    else if (part === 3) bytes.skip(4);
    else if (part === 4) bytes.skip(8);
    else if (part === 5) bytes.skipString();
    else bytes.fail(`a part of a module's value of an unknown form (${part})`);
  }
}
