import { expect, test } from 'vitest';
import { errorText, FaktoryError, wireError } from './errors.ts';
import { piecesOf, visible, visibleLines } from './visible.ts';

test.each([
  ['plain ü 日本 👩‍👩‍👧', 'plain ü 日本 👩‍👩‍👧'],
  ['a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['a\u0085\u009bb', 'a\\u0085\\u009bb'],
  ['a\r\nb\tc', 'a\\r\\nb\\tc'],
  ['a\u2028\u200b\ufeffb', 'a\\u2028\\u200b\\ufeffb'],
  ['a\ud800b', 'a\\ud800b'],
])('every character that is not seen is shown as its escape: %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(JSON.parse(visibleLines(JSON.stringify(text)))).toBe(text);
});

test('line ends and tabs stay in a text of several lines', () => {
  expect(visibleLines('a\n\tb\r\u202e')).toBe('a\n\tb\\r\\u202e');
});

test('piecesOf cuts a text around its hidden characters', () => {
  expect(piecesOf('a\u202eb\nc')).toEqual(['a', '\u202e', 'b\nc']);
  expect(piecesOf('\u0000')).toEqual(['', '\u0000', '']);
  expect(piecesOf('plain')).toEqual(['plain']);
});

test('an error that another server wrote, or that quotes a client, shows its hidden characters', () => {
  expect(wireError('ERR no \u001b[2J\u202eway').message).toBe('no \\u001b[2J\\u202eway');
  expect(errorText(new FaktoryError('INVALID', 'a\u202e\u001bb'))).toBe('ERR a\\u202e\\u001bb');
});
