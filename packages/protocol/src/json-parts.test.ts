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
  test("the parts of a JSON text are the client's own text, with its digits and escapes", () => {
    expect(`[${jsonItems(numbers).join(',')}]`).toBe(numbers);
    expect([...jsonMembers(`{"a" : ${numbers} , "\\u0062":{} }`)]).toEqual([
      ['a', numbers],
      ['b', '{}'],
    ]);
    expect([jsonItems(' [ ] '), [...jsonMembers('{}')]]).toEqual([[], []]);
  });

  test('the last of equal keys wins, and __proto__ is a key like others', () => {
    expect([...jsonMembers('{"a":1,"a":2,"__proto__":3}')]).toEqual([
      ['a', '2'],
      ['__proto__', '3'],
    ]);
  });

  test('jsonMember returns what jsonMembers has for its name, however its key is written', () => {
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

  test('the first items are returned without reading the others', () => {
    expect(jsonItems('[1.0,"b",no JSON', 2)).toEqual(['1.0', '"b"']);
  });

  test('parts of a text that is not a list, an object or JSON are refused with MALFORMED', () => {
    for (const text of ['{}', '[1,]', '[1 2]', '[1]]', '', '1'])
      expect(() => jsonItems(text)).toThrow(FaktoryError);
    for (const text of ['[]', '{"a":1,}', '{"a" 1}', '{a:1}', '{}x'])
      expect(() => jsonMembers(text)).toThrow(FaktoryError);
  });
});

describe('replacing values in a text', () => {
  test('replacing changes only the chosen values, at any depth', () => {
    const text = '[ 1.0, {"key" : {"a":[1]}, "b":[2.0,{"key":3}]},4 ]';
    const asked: string[] = [];
    const replaced = replaceInJson(text, (path) => {
      asked.push(path.join('.'));
      return path.at(-1) === 'key' ? '"x"' : undefined;
    });
    expect(replaced).toBe('[ 1.0, {"key" : "x", "b":[2.0,{"key":"x"}]},4 ]');
    expect(asked).toEqual(['0', '1', '1.key', '1.b', '1.b.0', '1.b.1', '1.b.1.key', '2']);
  });

  test('replacing nothing returns the same text, however deep it is', () => {
    fc.assert(fc.property(json, (text) => replaceInJson(text, () => undefined) === text));
    expect(replaceInJson(deep, () => undefined)).toBe(deep);
  });

  test('replacing asks for each value once', () => {
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

describe('indented JSON', () => {
  test('indented JSON has the line breaks of JSON.stringify', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(indentedJson(text)).toBe(JSON.stringify(JSON.parse(text), undefined, 2));
      }),
    );
  });

  test('indented JSON keeps numbers and escapes, and a deep text does not grow without bound', () => {
    expect(indentedJson(numbers).replace(/\s/g, '')).toBe(numbers);
    expect(indentedJson(deep).length).toBeLessThan(maxDepth * 500);
  });
});

test('a replacement that stops early returns the start of the text with its replacements, and nothing after it', () => {
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
