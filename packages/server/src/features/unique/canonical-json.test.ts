import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atOnce } from '../../rounds.ts';
import { canonicalInParts } from './canonical-json.ts';

/** The canonical form in one go. */
const canonicalJson = (text: string): string =>
  atOnce(canonicalInParts(text, Number.POSITIVE_INFINITY)).join('');

/** The same value with the keys of its objects the other way round, and an escape where one may stand. */
function shuffled(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shuffled).join(',')}]`;
  if (typeof value === 'string') return escaped(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).reverse();
  return `{${members.map(([key, each]) => `${escaped(key)}:${shuffled(each)}`).join(',')}}`;
}

const escaped = (text: string): string =>
  `"${text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;

function inParts(text: string, part: number): { form: string; parts: number } {
  const steps = canonicalInParts(text, part);
  for (let parts = 1; ; parts++) {
    const { done, value } = steps.next();
    if (done) return { form: value.join(''), parts };
  }
}

/** Keys with common beginnings, and texts of all UTF-16 code units. */
const value = fc.letrec((tie) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\ufffd', '"', '\\', 'u') }),
  );
  return {
    any: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.constantFrom(null, true, false, 0.5),
      fc.array(tie('any')),
      fc.dictionary(fc.oneof(text, fc.string({ unit: fc.constantFrom('a', 'b') })), tie('any')),
    ),
  };
}).any;

test('equal values have one form, whatever the order of keys and the escapes; different ones have different forms', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
      expect(canonicalJson(shuffled(one))).toBe(canonicalJson(first));
      const equal = canonicalJson(shuffled(one)) === canonicalJson(shuffled(other));
      expect(canonicalJson(first) === canonicalJson(second)).toBe(equal);
      expect(JSON.parse(canonicalJson(shuffled(one)))).toEqual(JSON.parse(first));
    }),
  );
});

test('the form that is made in parts is the form that is made at once', () => {
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 200 }), (one, part) => {
      for (const text of [JSON.stringify(one), shuffled(one)])
        expect(inParts(text, part).form).toBe(canonicalJson(text));
    }),
  );
});

test.each([
  ['[12345678901234567890]', '[12345678901234567891]', false],
  ['["\\u0041"]', '["A"]', true],
  ['[1]', '["1"]', false],
  ['[1.0]', '[1]', false],
  ['["\\ud800"]', '["\\ud801"]', false],
  ['["\\ud800"]', '["\\ufffd"]', false],
  ['["\\ud800"]', '["\ud800"]', true],
  ['["\\ud83d\\ude00"]', '["\ud83d\ude00"]', true],
  ['[{"a":1,"b":[{"d":2,"c":3}]}]', '[{"b":[{"c":3,"d":2}],"a":1}]', true],
  ['[{"a":1,"b":3,"a":2}]', '[{"b":3,"a":2}]', true],
  ['[{"a":1,"b":3,"\\u0061":2}]', '[{"b":3,"a":1}]', false],
  ['[{"a":{}},{}]', '[{},{"a":{}}]', false],
])('%s and %s: equal is %s', (one, other, equal) => {
  expect(canonicalJson(one) === canonicalJson(other)).toBe(equal);
});

test('10,000 levels of arrays and of objects have a form', () => {
  const arrays = `${'['.repeat(9999)}{"b":1,"a":2}${']'.repeat(9999)}`;
  expect(canonicalJson(arrays)).toBe(arrays.replace('{"b":1,"a":2}', '{"a":2,"b":1}'));
  const objects = `${'{"b":1,"a":'.repeat(10_000)}2${'}'.repeat(10_000)}`;
  expect(canonicalJson(objects)).toBe(`${'{"a":'.repeat(10_000)}2${',"b":1}'.repeat(10_000)}`);
});

const PART = 10_000;
const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text((index * 7919) % count)).join(',');

test.each<[string, (size: number) => string]>([
  ['an object of many keys', (size) => `[{${many(size, (key) => `"k${key}":1`)}}]`],
  ['many objects', (size) => `[${many(size, () => '{"b":1,"a":2}')}]`],
  ['numbers behind an object', (size) => `[{},${many(size * 10, () => '1')}]`],
  ['texts with escapes', (size) => `[${many(size, () => '"a\\n"')}]`],
  ['objects inside of objects', (size) => `${'{"b":1,"a":'.repeat(size)}1${'}'.repeat(size)}`],
  ['arrays around a text', (size) => `${'['.repeat(size)}{"a":"${'x'.repeat(size)}"}${']'.repeat(size)}`],
])('%s: twice as much is twice as many parts, each of bounded work', (_, text) => {
  const [one, two] = [text(5000), text(10_000)];
  const [parts, twice] = [inParts(one, PART).parts, inParts(two, PART).parts];
  expect(parts).toBeGreaterThan((0.9 * one.length) / PART);
  expect(twice).toBeLessThan(2.3 * parts + 3);
});

test('a text of escapes is rewritten in pieces of 64 Ki characters', () => {
  const text = `["${'\\u0041'.repeat(200_000)}"]`;
  const { form, parts } = inParts(text, PART);
  expect(form).toBe(`["${'A'.repeat(200_000)}"]`);
  expect(parts).toBeGreaterThan(text.length / (64 * 1024));
});

test('a key and a text of pairs are cut between characters', () => {
  const text = `["${'\ud83d\ude00'.repeat(100_001)}","x${'\ud83d\ude00'.repeat(100_001)}",{"\ud83d\ude00":1}]`;
  const steps = canonicalInParts(text, PART);
  let step = steps.next();
  while (!step.done) step = steps.next();
  expect(step.value.join('')).toBe(text);
  for (const piece of step.value) expect(Buffer.from(piece).toString()).toBe(piece);
  expect(step.value.length).toBeGreaterThan(5);
});
