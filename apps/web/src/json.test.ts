import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonProblem, laidOut, membersOf, prettyJson, readJson } from './json.ts';

function problemIn(text: string): JsonProblem {
  try {
    readJson(text);
  } catch (problem) {
    if (problem instanceof JsonProblem) return problem;
  }
  throw new Error(`no problem found in ${text}`);
}

test('text that JSON.parse accepts is parsed to the same value and formatted without loss', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(prettyJson(readJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test('text that JSON.parse rejects is rejected', () => {
  const almost = fc.string({ unit: fc.constantFrom(...'[]{}",:0123-+.eE \\ntrufals') });
  fc.assert(
    fc.property(almost, (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false; // the case that this test needs
      }
      if (valid) expect(() => readJson(text)).not.toThrow();
      else expect(() => readJson(text)).toThrow(JsonProblem);
    }),
    { numRuns: 2000 },
  );
});

test('numbers keep their digits and strings their escapes', () => {
  const text = '[12345678901234567890, 1.0, 1e400, "\\u00e9"]';
  expect(prettyJson(readJson(text))).toBe('[\n  12345678901234567890,\n  1.0,\n  1e400,\n  "\\u00e9"\n]');
});

test('the members of an object keep their original text at any depth', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, indent) => {
      const members = [...membersOf(JSON.stringify(object, null, indent))];
      expect(members.map(([key, value]) => [key, JSON.parse(value)])).toEqual(
        Object.entries(JSON.parse(JSON.stringify(object))),
      );
    }),
  );
  const deep = `${'['.repeat(5000)}1.0${']'.repeat(5000)}`;
  expect(membersOf(`{"jid":"a","args":${deep},"custom":{"args":[]}}`).get('args')).toBe(deep);
});

test('text that cannot be formatted is not changed', () => {
  expect(laidOut('[1]')).toBe('[\n  1\n]');
  for (const text of ['', '[1,', '['.repeat(300)]) expect(laidOut(text)).toBe(text);
});

test('a repeated key is kept', () => {
  expect(prettyJson(readJson('{"a":1,"a":2}'))).toBe('{\n  "a": 1,\n  "a": 2\n}');
  expect(prettyJson(readJson('{"\\u00e9":1}'))).toBe('{\n  "\\u00e9": 1\n}');
});

test('a JSON mistake is reported with its kind, line and column', () => {
  const told = (text: string) => {
    const { mistake, line, column } = problemIn(text);
    return [mistake, line, column];
  };
  expect(told('[1,\n 2 3]')).toEqual(['comma', 2, 4]);
  expect(told('[1,]')).toEqual(['value', 1, 4]);
  expect(told('{"a" 1}')).toEqual(['colon', 1, 6]);
  expect(told('{a: 1}')).toEqual(['key', 1, 2]);
  expect(told('["a\nb"]')).toEqual(['string', 1, 2]);
  expect(told('[01]')).toEqual(['number', 1, 3]);
  expect(told('[1] 2')).toEqual(['more', 1, 5]);
  expect(told('[1, "a"')).toEqual(['end', 1, 8]);
  expect(told('')).toEqual(['end', 1, 1]);
  expect(told('['.repeat(300))[0]).toBe('deep');
});
