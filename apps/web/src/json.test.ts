import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonProblem, prettyJson, readJson } from './json.ts';

function problemIn(text: string): JsonProblem {
  try {
    readJson(text);
  } catch (problem) {
    if (problem instanceof JsonProblem) return problem;
  }
  throw new Error(`no problem found in ${text}`);
}

test('what JSON.parse reads is read alike, and laid out without loss', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(prettyJson(readJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test('what JSON.parse refuses is refused', () => {
  const almost = fc.string({ unit: fc.constantFrom(...'[]{}",:0123-+.eE \\ntrufals') });
  fc.assert(
    fc.property(almost, (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false; // what this test is about
      }
      if (valid) expect(() => readJson(text)).not.toThrow();
      else expect(() => readJson(text)).toThrow(JsonProblem);
    }),
    { numRuns: 2000 },
  );
});

test('numbers keep their digits and texts their escapes', () => {
  const text = '[12345678901234567890, 1.0, 1e400, "\\u00e9"]';
  expect(prettyJson(readJson(text))).toBe('[\n  12345678901234567890,\n  1.0,\n  1e400,\n  "\\u00e9"\n]');
});

test('a repeated key is kept', () => {
  expect(prettyJson(readJson('{"a":1,"a":2}'))).toBe('{\n  "a": 1,\n  "a": 2\n}');
});

test('a mistake is told with its kind, line and column', () => {
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
