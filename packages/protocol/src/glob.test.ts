import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { globMatcher } from './glob.ts';

/** A glob the slow and obvious way: every split of the text is tried. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first, rest] = [pattern.charAt(0), pattern.slice(1)];
  if (first === '*') return naive(rest, text) || (text !== '' && naive(pattern, text.slice(1)));
  if (text === '') return false;
  if (first === '?') return naive(rest, text.slice(1));
  if (first === '[') {
    const close = rest.indexOf(']');
    const body = close < 0 ? rest : rest.slice(0, close);
    const not = body.startsWith('^');
    const inside = (not ? body.slice(1) : body).includes(text.charAt(0));
    return inside !== not && naive(close < 0 ? '' : rest.slice(close + 1), text.slice(1));
  }
  if (first === '\\' && rest !== '')
    return rest.charAt(0) === text.charAt(0) && naive(rest.slice(1), text.slice(1));
  return first === text.charAt(0) && naive(rest, text.slice(1));
}

describe('a glob', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'ABC', false],
    ['a*', 'ba', false],
    ['*elephant*', 'an elephant walks', true],
    ['*Not Found*', 'error: Not Found!', true],
    ['*"args":\\["fizz"\\]*', '{"args":["fizz"],"x":1}', true],
    ['*"args":["fizz"]*', '{"args":["fizz"],"x":1}', false],
    ['h?llo', 'hallo', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hello', true],
    ['h[a-c]llo', 'hbllo', true],
    ['h[c-a]llo', 'hbllo', true],
    ['h[^e]llo', 'hello', false],
    ['h[^e]llo', 'hallo', true],
    ['[\\]]', ']', true],
    ['[]a', 'a', false],
    ['[^]a', 'xa', true],
    ['[abc', 'b', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\', 'a\\', true],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['?', '😀', true],
    ['*?😀', 'é😀', true],
    ['[é-ü]x*', 'öxy', true],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(globMatcher(pattern)(text)).toBe(expected);
  });

  test('agrees with trying every split', () => {
    const patterns = fc.string({
      unit: fc.constantFrom('a', 'b', '*', '?', '[', ']', '^', '\\'),
      maxLength: 8,
    });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ']', '*', '['), maxLength: 8 });
    const simple = patterns.filter((pattern) => !/\[[^\]]*\\/.test(pattern));
    fc.assert(
      fc.property(simple, texts, (pattern, text) => globMatcher(pattern)(text) === naive(pattern, text)),
      { numRuns: 5000 },
    );
  });

  test('finishes on patterns made to blow up', () => {
    const text = 'a'.repeat(20_000);
    expect(globMatcher(`${'a*'.repeat(5000)}b`)(text)).toBe(false);
    expect(globMatcher(`${'*?'.repeat(5000)}b`)(text)).toBe(false);
    expect(globMatcher(`*${'[ab]'.repeat(1000)}b*`)(text)).toBe(false);
  });
});
