import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutUtf8, utf8Length, wellFormed } from './utf8.ts';

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'é', '日', '😀', '\ud83d', '\ude00'), fc.string({ maxLength: 1 })),
});
const encoder = new TextEncoder();

test('the UTF-8 length is what an encoder writes, lone surrogates included', () => {
  fc.assert(fc.property(anyText, (text) => utf8Length(text) === encoder.encode(text).length));
});

test('a cut text is the longest start that fits', () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), (text, max) => {
      const cut = cutUtf8(text, max);
      expect(text.startsWith(cut)).toBe(true);
      expect(utf8Length(cut)).toBeLessThanOrEqual(max);
      const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0);
      if (cut !== text) expect(utf8Length(cut + next)).toBeGreaterThan(max);
    }),
  );
});

test('a well-formed text is what UTF-8 carries', () => {
  fc.assert(
    fc.property(
      anyText,
      (text) =>
        wellFormed(text) === new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(text)),
    ),
  );
});
