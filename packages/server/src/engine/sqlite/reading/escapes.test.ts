import { expect, it } from 'vitest';
import { withFewEscapes } from './escapes.ts';

it('only quotes, backslashes and control characters stay escaped, in the form of JSON.stringify', () => {
  const text = String.raw`["a\u0041\u00fc\u00FC\/\u002f\"\u0022\\\u005c\n\u000a\b\u0001\u001F\ud83d\ude00\\u0041é"]`;
  expect(withFewEscapes(text)).toBe(JSON.stringify(JSON.parse(text)));
});

it('every code unit is rewritten as JSON.stringify writes it, whatever the case of its digits', () => {
  for (let from = 0; from < 0x10000; from += 0x100) {
    const hex = Array.from({ length: 0x100 }, (_, i) => (from + i).toString(16).padStart(4, '0'));
    const text = `["${hex.map((digits, i) => `\\u${i % 2 ? digits.toUpperCase() : digits}`).join('x')}"]`;
    if (from >= 0xd800 && from < 0xe000) expect(withFewEscapes(text)).toHaveLength(4 + 0x1ff);
    else expect(withFewEscapes(text)).toBe(JSON.stringify(JSON.parse(text)));
  }
});
