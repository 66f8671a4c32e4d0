import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { globInPieces, globMatcher } from './glob.ts';

/** A slow and simple glob that tries every split of the text. */
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

const takes: Record<string, (character: string) => boolean> = {
  '?': () => true,
  '[ab]': (character) => character === 'a' || character === 'b',
  '[^b]': (character) => character !== 'b',
  '[a-z]': (character) => character >= 'a' && character <= 'z',
};

/** The same with a table of all prefixes: one row a part, one column a character. */
function byTable(parts: readonly string[], text: string): boolean {
  const characters = [...text];
  let row = [true, ...characters.map(() => false)];
  for (const part of parts) {
    const one = takes[part] ?? ((character: string) => character === part);
    const next = [part === '*' && row[0] === true];
    characters.forEach((character, at) => {
      const byStar = part === '*' && (next[at] === true || row[at + 1] === true);
      next.push(byStar || (part !== '*' && row[at] === true && one(character)));
    });
    row = next;
  }
  return row.at(-1) === true;
}

/**
 * Counts the characters that are read, until the returned function is called. `indexOf` reads the
 * characters it passes, and goes back by its needle at most.
 */
function countLooks(): () => number {
  let count = 0;
  const { indexOf, startsWith } = String.prototype;
  const spies = (['charCodeAt', 'codePointAt'] as const).map((name) => {
    const before = String.prototype[name];
    return vi.spyOn(String.prototype, name).mockImplementation(function (this: string, at: number) {
      count += 1;
      return Reflect.apply(before, this, [at]) as number;
    });
  });
  const find = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
    this: string,
    needle: string,
    from = 0,
  ) {
    const found = indexOf.call(this, needle, from);
    count += (found < 0 ? this.length : found) - from + needle.length;
    if (needle.length > 32) count = Number.POSITIVE_INFINITY; // V8 would go back by the whole needle
    return found;
  });
  const begins = vi.spyOn(String.prototype, 'startsWith').mockImplementation(function (
    this: string,
    needle: string,
    from = 0,
  ) {
    count += needle.length;
    return startsWith.call(this, needle, from);
  });
  return () => {
    for (const spy of [...spies, find, begins]) spy.mockRestore();
    return count;
  };
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

  test('a glob agrees with trying every split', () => {
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

  test('a glob agrees with trying every split where parts have classes and more than 32 characters', () => {
    const part = fc.constantFrom('a', 'b', '?', '[ab]', '[^b]', '[a-z]', '😀');
    const parts = fc.array(fc.oneof({ weight: 8, arbitrary: part }, fc.constant('*')), { maxLength: 90 });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'a', 'a', '😀'), maxLength: 150 });
    fc.assert(
      fc.property(parts, texts, (pattern, text) => {
        const whole = ['*', ...pattern, '*'];
        expect(globMatcher(whole.join(''))(text)).toBe(byTable(whole, text));
      }),
      { numRuns: 1000 },
    );
  });

  test('a long plain part of a glob matches at its first position', () => {
    const part = `${'ab'.repeat(30)}c`;
    const text = `${'ab'.repeat(50)}c and ${part}`;
    expect(globMatcher(`*${part}*${part}`)(text)).toBe(true);
    expect(globMatcher(`*${part}*${part}*${part}`)(text)).toBe(false);
  });

  test('a pattern of more than 1,024 bytes is refused, whatever characters it has', () => {
    expect(() => globMatcher('é'.repeat(512))).not.toThrow();
    expect(() => globMatcher('é'.repeat(513))).toThrow(
      expect.objectContaining({ code: 'LIMIT', message: expect.stringContaining('1026 bytes') }),
    );
  });

  // Counts steps instead of time: each read of a character is one step.
  test.each([
    ['classes', `*${'[a]'.repeat(300)}[b]*`],
    ['a long plain part', `*${'a'.repeat(500)}b${'a'.repeat(500)}*`],
    ['many stars', `${'a*'.repeat(500)}b`],
    ['stars and single characters', `${'*?'.repeat(500)}b`],
    [
      'a class of many ranges',
      `*[${Array.from({ length: 300 }, (_, i) => String.fromCharCode(0x400 + 2 * i)).join('')}]*`,
    ],
  ])('looks at each character of a text at most four times: %s', (_, pattern) => {
    const matches = globMatcher(pattern);
    const stop = countLooks();
    const matched = matches('a'.repeat(20_000));
    const looks = stop();
    expect(matched).toBe(false);
    expect(looks).toBeLessThan(4 * 20_000 + 4 * pattern.length);
  });
});

test('a long part of a glob with a class is searched only in the start of a text of megabytes, a short one everywhere', () => {
  const text = `${'a'.repeat(1024 * 1024)}b`;
  const long = `${'?'.repeat(1000)}[b]`;
  expect(globMatcher(`*${long}*`)(`${'a'.repeat(1000)}b${text}`)).toBe(true);
  expect(globMatcher(`*${long}*`)(`${text}a`)).toBe(false);
  expect(globMatcher('*a?[b]*')(`${text}a`)).toBe(true);
  expect(globMatcher(`*${long}`)(text)).toBe(true);
});

describe('a glob in pieces', () => {
  const run = (pattern: string, text: string, piece: number): boolean => {
    const test = globInPieces(pattern, piece)(text);
    for (;;) {
      const step = test.next();
      if (step.done) return step.value;
    }
  };

  test('a glob in pieces agrees with the glob at once, wherever pieces end: in a part, in an escape, in a surrogate pair', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      '?',
      '[ab]',
      '[^b]',
      '[a-z]',
      '😀',
      '\ud83d',
      '\\ude00',
      '\\\\',
      '*',
      '*',
    );
    const parts = fc.array(part, { maxLength: 90 });
    const unit = fc.constantFrom('a', 'b', 'a', 'a', '😀', '\ud83d', '\ude00', '\\u0041');
    fc.assert(
      fc.property(
        parts,
        fc.array(unit, { maxLength: 150 }),
        fc.integer({ min: 1, max: 40 }),
        (pattern, units, piece) => {
          const [whole, text] = [`*${pattern.join('')}*`, units.join('')];
          expect(run(whole, text, piece)).toBe(globMatcher(whole)(text));
          expect(run(pattern.join(''), text, piece)).toBe(globMatcher(pattern.join(''))(text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('a long plain part of a glob is found wherever pieces end', () => {
    const part = `${'ab'.repeat(30)}c`;
    const text = `${'ab'.repeat(50)}c and ${part}`;
    for (let piece = 1; piece < text.length; piece++) {
      expect(run(`*${part}*${part}`, text, piece)).toBe(true);
      expect(run(`*${part}*${part}*${part}`, text, piece)).toBe(false);
    }
  });

  test.each([
    ['classes', `*${'[a]'.repeat(31)}[b]*`],
    ['many classes', `*${'[a]'.repeat(300)}[b]*`],
    ['a long plain part', `*${'a'.repeat(500)}b*`],
    ['a short plain part', '*aab*'],
    ['many parts, each in the next piece', `${'*b'.repeat(20)}*c*`],
  ])(
    'a glob in pieces reads at most 1,000 characters and the length of the pattern, five times each, before it yields: %s',
    (_, pattern) => {
      const test = globInPieces(pattern, 1000)(`${'a'.repeat(900)}b`.repeat(20));
      for (let done = false; !done; ) {
        const stop = countLooks();
        done = test.next().done === true;
        expect(stop()).toBeLessThanOrEqual(5 * (1000 + pattern.length));
      }
    },
  );
});
