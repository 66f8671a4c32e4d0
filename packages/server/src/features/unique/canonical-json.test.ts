import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

/** The same value with the keys of its objects the other way round, and white space. */
function shuffled(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map(shuffled).join(' , ')} ]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).reverse();
  return `{ ${members.map(([key, each]) => `${JSON.stringify(key)} : ${shuffled(each)}`).join(' ,\n')} }`;
}

test('equal values have one form, whatever the order of keys and the white space; others have another', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(canonicalJson(shuffled(one))).toBe(canonicalJson(JSON.stringify(one)));
      const same = canonicalJson(JSON.stringify(one)) === canonicalJson(JSON.stringify(other));
      expect(same).toBe(canonicalJson(shuffled(one)) === canonicalJson(shuffled(other)));
      expect(JSON.parse(canonicalJson(shuffled(one)))).toEqual(JSON.parse(JSON.stringify(one)));
    }),
  );
});

test.each([
  ['[12345678901234567890]', '[12345678901234567891]', false],
  ['["\\u0041"]', '["A"]', true],
  ['[1]', '["1"]', false],
  ['[{"a":1,"b":[{"d":2,"c":3}]}]', '[{"b":[{"c":3,"d":2}],"a":1}]', true],
])('%s and %s: equal is %s', (one, other, equal) => {
  expect(canonicalJson(one) === canonicalJson(other)).toBe(equal);
});
