import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { refuseLossy } from './lossless.ts';
import { wireJob } from './wire-job.ts';

class Point {
  x = 1;
}
class Money {
  toJSON() {
    return '5 EUR';
  }
}
const hole = (): unknown[] => {
  const list = [1, 2, 3];
  delete list[1];
  return list;
};
const nest = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const pushed = (...args: unknown[]) => wireJob({ jobtype: 'Mail', args });

describe('an argument that JSON would change is INVALID, with its path and advice', () => {
  test.each<[string, unknown, RegExp]>([
    ['NaN', [Number.NaN], /^Mail: args\[0\]\[0\] is NaN, which would arrive as null: send/],
    ['Infinity', { total: Number.POSITIVE_INFINITY }, /^Mail: args\[0\]\.total is Infinity/],
    ['a bigint', { id: 1n }, /^Mail: args\[0\]\.id is a bigint.*String\(value\)/],
    ['undefined in a list', [1, undefined], /^Mail: args\[0\]\[1\] is undefined.*send null/],
    ['undefined among the arguments', undefined, /^Mail: args\[0\] is undefined/],
    ['a hole in a list', hole(), /^Mail: args\[0\]\[1\] is a hole/],
    ['a function', { 'on done': () => 1 }, /^Mail: args\[0\]\["on done"\] is a function/],
    ['a symbol', { tag: Symbol('x') }, /^Mail: args\[0\]\.tag is a symbol/],
    ['a Map', { map: new Map([[1, 2]]) }, /^Mail: args\[0\]\.map is a Map.*\[\.\.\.map\]/],
    ['a Set', [new Set()], /^Mail: args\[0\]\[0\] is a Set.*\[\.\.\.set\]/],
    ['a WeakMap', new WeakMap(), /is a WeakMap/],
    ['a regular expression', /x/, /^Mail: args\[0\] is a RegExp.*plain object/],
    ['an error', new TypeError('x'), /^Mail: args\[0\] is a TypeError.*message/],
    ['a promise', Promise.resolve(1), /is a Promise.*await/],
    ['an invalid Date', { at: new Date(Number.NaN) }, /^Mail: args\[0\]\.at is a Date without a valid time/],
    ['a class without toJSON', { at: [new Point()] }, /^Mail: args\[0\]\.at\[0\] is a Point.*toJSON/],
    ['a typed array', new Float64Array(2), /^Mail: args\[0\] is a Float64Array.*base64/],
    ['a Buffer', Buffer.from('x'), /^Mail: args\[0\] is a Buffer.*base64/],
    ['an ArrayBuffer', new ArrayBuffer(2), /is an ArrayBuffer/],
    ['a boxed text', new String('x'), /is a String/],
    ['a lone surrogate', { text: 'a\ud83d' }, /^Mail: args\[0\]\.text has a lone surrogate/],
    ['a key with a lone surrogate', { 'a\ud83d': 1 }, /has a lone surrogate/],
    ['a toJSON that returns nothing', { toJSON: () => undefined }, /toJSON that returns undefined/],
    ['a toJSON that returns NaN', { toJSON: () => Number.NaN }, /^Mail: args\[0\] is NaN/],
    ['an object that contains itself', cyclic, /^Mail: args\[0\]\.self.*… contains itself/],
    ['more than 1,000 levels', nest(2000), /nested deeper than 1000 levels/],
  ])('%s', (_name, value, message) => {
    expect(() => pushed(value)).toThrow(
      expect.objectContaining({ code: 'INVALID', message: expect.stringMatching(message) }),
    );
  });
});

test('the path begins at the argument, and custom is checked too', () => {
  expect(() => pushed(1, { a: { b: [0, Number.NaN] } })).toThrow(/^Mail: args\[1\]\.a\.b\[1\] is NaN/);
  expect(() => wireJob({ jobtype: 'Mail', args: [], custom: { tenant: new Map() } })).toThrow(
    /^Mail: custom\.tenant is a Map/,
  );
});

test('a path of many levels is cut', () => {
  expect(() => pushed(cyclic)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{1,300}$/) }),
  );
});

test.each<[string, unknown]>([
  ['texts, numbers, true, null', ['ü😀', 0, -0, 1e300, true, null]],
  ['a Date', new Date(0)],
  ['a URL', new URL('http://x/')],
  ['an object with a field that is undefined', { a: undefined, b: 1 }],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ['an object with toJSON', new Money()],
  ['an object of another realm', runInNewContext('({ a: [1], b: new Date(0) })')],
  ['the same object twice', [cyclic.nothing ?? {}, {}]],
  ['a thousand levels', nest(900)],
])('%s may be sent', (_name, value) => {
  expect(pushed(value).args).toEqual([value]);
});

test('a property that a library put on Object.prototype is not refused, and hides no fault', () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  prototype.helper = () => 1;
  try {
    expect(pushed({ a: 1 }).args).toEqual([{ a: 1 }]);
    expect(() => pushed({ a: Number.NaN })).toThrow(/^Mail: args\[0\]\.a is NaN/);
    expect(() => pushed({ helper: () => 1 })).toThrow(/^Mail: args\[0\]\.helper is a function/);
  } finally {
    delete prototype.helper;
  }
});

test('args that are not a list are INVALID', () => {
  const args = { to: 'bob' } as unknown as unknown[];
  expect(() => refuseLossy({ jobtype: 'Mail', args })).toThrow('Mail: args must be a list, not an Object');
});
