/*
 * The forms in which an RDB file keeps values, by the type byte before the key. A form is so many items behind each other, each of which
 * can be read or skipped by itself. A stranger would get wrong that a "type" is a data type and an encoding in one: a list alone has four.
 */
import { type Kind, parseScore, type Scored } from '../source.ts';
import type { FileBytes } from './file-bytes.ts';
import { intset, listpack, Unreadable, ziplist } from './packed.ts';

export interface Form {
  readonly kind: Kind;
  /** Whether the number of items is told before them; else there is one. */
  readonly counted: boolean;
  skip(bytes: FileBytes): void;
  /** What is in an item; for sorted sets, members only with their scores in `scored`. */
  elements(bytes: FileBytes): Buffer[];
  scored(bytes: FileBytes): Scored[];
  /** Whether the file has it from the highest score to the lowest. */
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

/** The form of a value; refuses those that nobody could skip. */
export function formOf(type: number, bytes: FileBytes): Form {
  const advice = 'is it of a newer Redis? Import from the running Redis instead: faktory import redis://…';
  return forms[type] ?? bytes.fail(`a value of an unknown type (${type}); ${advice}`, bytes.offset - 1);
}

function form(kind: Kind, own: Partial<Omit<Form, 'kind'>>): Form {
  const none = (): never[] => [];
  const skip = (bytes: FileBytes): void => bytes.skipString();
  return { kind, counted: false, falling: false, skip, elements: none, scored: none, ...own };
}

/** Items that are lists in a string. */
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

/** The same of members, each with its score behind it. */
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

/** A part of a list since Redis 7: one long element, or a listpack of several. */
function node(bytes: FileBytes): Buffer[] {
  const container = bytes.length();
  if (container === 1) return [bytes.string()];
  return container === 2 ? packed(listpack)(bytes) : bytes.fail(`a part of a list of form ${container}`);
}

function skipNode(bytes: FileBytes): void {
  bytes.length();
  bytes.skipString();
}

/** A number as text, or what is none. */
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

/** `version`: 1 since Redis 5, 2 since 7.0, 3 since 7.2. */
function skipStream(bytes: FileBytes, version: number): void {
  skipStrings(bytes, 2 * bytes.length()); // listpacks, each with the id that it begins at
  skipLengths(bytes, version === 1 ? 3 : 8); // how many entries, last id; first id, last deleted, ever added
  for (let groups = bytes.length(); groups > 0; groups--) {
    bytes.skipString();
    skipLengths(bytes, version === 1 ? 2 : 3); // where it is
    for (let waiting = bytes.length(); waiting > 0; waiting--) {
      bytes.skip(16 + 8); // id, when
      bytes.length();
    }
    for (let consumers = bytes.length(); consumers > 0; consumers--) {
      bytes.skipString();
      bytes.skip(version === 3 ? 16 : 8); // when seen, when active
      for (let held = bytes.length(); held > 0; held--) bytes.skip(16);
    }
  }
}

/** Behind the number of a module: what it wrote, part by part. */
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
