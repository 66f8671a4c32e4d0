import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaktoryError } from './errors.ts';
import { compactJson, jsonString, maxDepth } from './json.ts';

/** The error of compactJson; `undefined` when it accepts the text. */
function refusal(text: string): FaktoryError | undefined {
  try {
    compactJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof FaktoryError) return error;
    throw error;
  }
}

/** JSON text with white space inserted between its tokens. */
const looseJson = fc
  .tuple(fc.jsonValue(), fc.array(fc.constantFrom('', ' ', '\n', '\t\r', '  '), { minLength: 1 }))
  .map(([value, gaps]) => {
    let n = 0;
    const gap = (): string => gaps[n++ % gaps.length] ?? '';
    const tokens = JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
    return { value, text: gap() + tokens.map((token) => token + gap()).join('') };
  });

describe('compact JSON', () => {
  test('compact JSON is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(looseJson, ({ value, text }) => {
        expect(compactJson(text)).toBe(JSON.stringify(value));
      }),
    );
  });

  test('compactJson returns the same text when it is compact already', () => {
    fc.assert(fc.property(fc.json(), (text) => compactJson(compactJson(text)) === compactJson(text)));
  });

  test.each([
    '12345678901234567890',
    '1.0',
    '1e3',
    '1E+03',
    '-0',
    '-0.10',
    '0.1e-7',
    '"\\u00e9\\/\\"é"',
    '{"b":1,"a":2,"b":3}',
  ])('leaves %s as it was written', (text) => {
    expect(compactJson(text)).toBe(text);
    expect(compactJson(` [ ${text} ,\n${text}\t] `)).toBe(`[${text},${text}]`);
  });

  test('compactJson keeps white space inside strings, whatever escapes are before it', () => {
    expect(compactJson('[ "a  b" , "\\\\" , " \\" , \\\\\\" " ]')).toBe('["a  b","\\\\"," \\" , \\\\\\" "]');
  });
});

describe('text that is not JSON', () => {
  test.each([
    '',
    ' ',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    '[1}',
    '{"a":1]',
    '[',
    '{',
    '{"a":',
    '"abc',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\',
    '01',
    '-',
    '-a',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x10',
    'tru',
    'nul',
    'True',
    'NaN',
    'undefined',
    '1 2',
    '{}x',
    '[]]',
    '"a\u0000b"',
    '"a\nb"',
    '"a\tb"',
    '\ufeff{}',
    '\u00a0{}',
    '/*c*/1',
  ])('%j is refused', (text) => {
    expect(refusal(text)?.code).toBe('MALFORMED');
    expect(() => JSON.parse(text)).toThrow();
  });

  test('compactJson refuses what JSON.parse refuses, for any text', () => {
    const nearJson = fc.string({
      unit: fc.constantFrom(...'[]{}:,"\\ \n\t0123.eE+-truefalsnu/b\u0001'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.string(), fc.json()), (text) => {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          return refusal(text)?.code === 'MALFORMED';
        }
        return JSON.stringify(JSON.parse(compactJson(text))) === JSON.stringify(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('a JSON error names the position, the character, and the text', () => {
    expect(refusal('[1,x]')?.message).toBe('invalid JSON: unexpected "x" at position 3');
    expect(refusal('[1,')?.message).toBe('invalid JSON: unexpected end at position 3');
    expect(refusal('1 \n😀')?.message).toBe('invalid JSON: unexpected "😀" after the value at position 3');
    expect(() => compactJson('[', 'custom')).toThrow('invalid JSON: custom: unexpected end at position 1');
  });

  test('a JSON error never has a line break in its message', () => {
    fc.assert(fc.property(fc.string(), (text) => !/[\r\n]/.test(refusal(`["${text}\r\n`)?.message ?? '')));
  });
});

describe('depth', () => {
  test(`${maxDepth} levels of JSON are read, one more is refused`, () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(compactJson(nested(maxDepth))).toBe(nested(maxDepth));
    expect(refusal(nested(maxDepth + 1))?.message).toContain(`more than ${maxDepth} levels deep`);
  });

  test('a hundred thousand brackets are an error, not a crash', () => {
    expect(refusal('['.repeat(100_000))?.code).toBe('MALFORMED');
    expect(refusal('{"a":'.repeat(100_000))?.code).toBe('MALFORMED');
  });
});

describe('lone surrogates', () => {
  test.each([
    ['"\\ud800"', '"\\ufffd"'],
    ['"\\udc00x"', '"\\ufffdx"'],
    ['"\\ud83d\\ude00"', '"\\ud83d\\ude00"'],
    ['"\\uD83D\\uD83D\\uDE00"', '"\\ufffd\\uD83D\\uDE00"'],
    ['"\\ud83d\\u0041"', '"\\ufffd\\u0041"'],
    ['"\\\\ud800 \\ud800"', '"\\\\ud800 \\ufffd"'],
    ['"\ud800"', '"\ufffd"'],
    ['"😀\ude00"', '"😀\ufffd"'],
    ['"\\ud83d\ude00"', '"\\ufffd\ufffd"'],
    ['[ "\\ud800" , 1 ]', '["\\ufffd",1]'],
  ])('%j becomes %j', (text, mended) => {
    expect(compactJson(text)).toBe(mended);
  });

  test('compactJson replaces lone surrogates and nothing else', () => {
    const pieces = fc.constantFrom(
      '\\ud83d',
      '\\ude00',
      '\ud83d',
      '\ude00',
      '\\\\',
      'a',
      '\\"',
      'u',
      'd800',
      '\\u0041',
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((list) => `"${list.join('')}"`),
        (text) => {
          const value = String(JSON.parse(compactJson(text)));
          return Buffer.from(value).toString() === value;
        },
      ),
    );
  });
});

test('a JSON string reads back as the text, with lone surrogates replaced', () => {
  const anyText = fc.string({
    unit: fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom('"', '\\', '\n', '\u0000', 'é', '\ud800')),
  });
  fc.assert(fc.property(anyText, (text) => JSON.parse(jsonString(text)) === Buffer.from(text).toString()));
});

test.each(['[1,22,0,3.5,4e2,-1, 7,[8,9],{"a":1},0]', '[0]', '[1,2]', '[10,0.5,1E-2,true]', '[1,"2",3]'])(
  'numbers in an array are read as everywhere else: %s',
  (text) => expect(compactJson(text)).toBe(text.replaceAll(' ', '')),
);

test.each([
  '[1,01]',
  '[01]',
  '[1,2',
  '[1,2,',
  '[1,2,]',
  '[1,2.]',
  '[1,2e]',
  '[1,2x]',
  '[1,,2]',
  '[1-2]',
  '[1,1.e2]',
])('an array of numbers that is none is refused: %s', (text) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(() => compactJson(text)).toThrow(/^invalid JSON: unexpected/);
});
