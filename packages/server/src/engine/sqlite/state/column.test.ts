/** Tests that column values return the same text, and that two texts never share a value. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromColumn, toColumn } from './column.ts';

const text = fc.string({ unit: fc.constantFrom('a', '\0', '\u0001', '"', '\\', 'é') });

test('a column value has no NUL and returns the same text', () => {
  fc.assert(
    fc.property(text, (original) => {
      expect(toColumn(original)).not.toContain('\0');
      expect(fromColumn(toColumn(original))).toBe(original);
    }),
  );
});

test('a text without NUL is its own column value', () => {
  expect(toColumn('load000001x00000001')).toBe('load000001x00000001');
});
