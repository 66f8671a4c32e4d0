import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaktoryError } from './errors.ts';
import { maxDepth } from './json.ts';
import {
  indentedJson,
  jsonItems,
  jsonMember,
  jsonMembers,
  replaceInJson,
  replaceInParts,
} from './json-parts.ts';

const numbers = '[899999999999999990,1.0,12345678901234567890,1e400,-0.0,"\\u00e9"]';
const json = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.stringify(value));
const deep = `${'['.repeat(maxDepth)}${']'.repeat(maxDepth)}`;

describe('the parts of a text', () => {
  test('are the texts that the client wrote, with their digits and escapes', () => {
    expect(`[${jsonItems(numbers).join(',')}]`).toBe(numbers);
    expect([...jsonMembers(`{"a" : ${numbers} , "\\u0062":{} }`)]).toEqual([
      ['a', numbers],
      ['b', '{}'],
    ]);
    expect([jsonItems(' [ ] '), [...jsonMembers('{}')]]).toEqual([[], []]);
  });

  test('of equal keys the last one counts, and __proto__ is a key like others', () => {
    expect([...jsonMembers('{"a":1,"a":2,"__proto__":3}')]).toEqual([
      ['a', '2'],
      ['__proto__', '3'],
    ]);
  });

  test('one member is what all members have under its name, however its key is written', () => {
    const text = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary' }), (members, other) => {
        const written = JSON.stringify(members);
        for (const name of [...Object.keys(members), other])
          expect(jsonMember(written, name)).toBe(jsonMembers(written).get(name));
      }),
    );
    expect(jsonMember('{"a":1,"\\u0061":[2.0],"b":3}', 'a')).toBe('[2.0]');
  });

  test('the first items are found without a look at the others', () => {
    expect(jsonItems('[1.0,"b",no JSON', 2)).toEqual(['1.0', '"b"']);
  });

  test('of what is no list, no object or no JSON are refused as MALFORMED', () => {
    for (const text of ['{}', '[1,]', '[1 2]', '[1]]', '', '1'])
      expect(() => jsonItems(text)).toThrow(FaktoryError);
    for (const text of ['[]', '{"a":1,}', '{"a" 1}', '{a:1}', '{}x'])
      expect(() => jsonMembers(text)).toThrow(FaktoryError);
  });
});

describe('replacing values in a text', () => {
  test('changes these values alone, wherever they stand', () => {
    const text = '[ 1.0, {"key" : {"a":[1]}, "b":[2.0,{"key":3}]},4 ]';
    const asked: string[] = [];
    const replaced = replaceInJson(text, (path) => {
      asked.push(path.join('.'));
      return path.at(-1) === 'key' ? '"x"' : undefined;
    });
    expect(replaced).toBe('[ 1.0, {"key" : "x", "b":[2.0,{"key":"x"}]},4 ]');
    expect(asked).toEqual(['0', '1', '1.key', '1.b', '1.b.0', '1.b.1', '1.b.1.key', '2']);
  });

  test('that replaces nothing gives the same text, however deep it is', () => {
    fc.assert(fc.property(json, (text) => replaceInJson(text, () => undefined) === text));
    expect(replaceInJson(deep, () => undefined)).toBe(deep);
  });

  test('asks for as many values as there are', () => {
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, item) => sum + 1 + count(item), 0)
        : 0;
    fc.assert(
      fc.property(json, (text) => {
        let asked = 0;
        replaceInJson(text, () => {
          asked++;
          return undefined;
        });
        expect(asked).toBe(count(JSON.parse(text)));
      }),
    );
  });
});

describe('a text laid out', () => {
  test('has the line breaks of JSON.stringify', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(indentedJson(text)).toBe(JSON.stringify(JSON.parse(text), undefined, 2));
      }),
    );
  });

  test('keeps numbers and escapes, and a deep one does not grow without bound', () => {
    expect(indentedJson(numbers).replace(/\s/g, '')).toBe(numbers);
    expect(indentedJson(deep).length).toBeLessThan(maxDepth * 500);
  });
});

test('a replacement that ends early has the beginning with its replacements, and nothing behind it', () => {
  const text = `[${'{"secret":"x1","a":1.0},'.repeat(50_000)}0]`;
  const hide = (path: readonly (string | number)[]) => (path.at(-1) === 'secret' ? '"-"' : undefined);
  const whole = replaceInJson(text, hide);
  expect(whole).not.toContain('x1');
  const { done, value } = replaceInParts(text, hide, 1000).next();
  expect(done).toBe(true);
  expect(whole.startsWith(value as string)).toBe(true);
  expect((value as string).length).toBeGreaterThan(1000);
  expect((value as string).length).toBeLessThan(1100);
  const steps = [...replaceInParts(text, hide)];
  expect(steps.length).toBeGreaterThan(5);
});
