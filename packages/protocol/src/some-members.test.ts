import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonMembers } from './json-parts.ts';
import { someMembers } from './some-members.ts';

function read(text: string, names: readonly string[], part: number) {
  const steps = someMembers(text, new Set(names), part);
  for (let parts = 1; ; parts++) {
    const { done, value } = steps.next();
    if (done) return { members: value, parts };
  }
}

test('some members, read in parts, are those that the whole object has', () => {
  const names = ['a', 'b'];
  const key = fc.constantFrom('a', 'b', 'c', '');
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.jsonValue())), fc.integer({ min: 1, max: 50 }), (pairs, part) => {
      const text = `{ ${pairs.map(([each, value]) => `"${each}" : ${JSON.stringify(value)}`).join(' , ')} }`;
      const all = [...jsonMembers(text)].filter(([each]) => names.includes(each));
      expect(new Map(read(text, names, part).members)).toEqual(new Map(all));
    }),
  );
});

test('a key that is written with escapes is found, and the last of equal keys counts', () => {
  const { members } = read(
    '{"unique_for":1,"\\u0075nique\\u005ffor":[2.0],"x":"unique_for"}',
    ['unique_for'],
    5,
  );
  expect([...members]).toEqual([['unique_for', '[2.0]']]);
});

test.each([
  ['many members', `{${Array.from({ length: 10_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
  ['one long member', `{"k":[${'1,'.repeat(50_000)}1]}`],
])('the parts of %s are as long as asked', (_, text) => {
  expect(read(text, ['a'], 1000).parts).toBeGreaterThan(text.length / 1100);
});

test('a text that is no object is refused', () => {
  expect(() => read('[1]', ['a'], 10)).toThrow(/it must be an object/);
  expect(() => read('{"a":1', ['a'], 10)).toThrow(/unexpected end/);
});
