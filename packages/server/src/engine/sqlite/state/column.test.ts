/** Client texts survive the column that keeps them, and two texts never become one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromColumn, toColumn } from './column.ts';

const text = fc.string({ unit: fc.constantFrom('a', '\0', '\u0001', '"', '\\', 'é') });

test('a text comes back as it was, and no kept value holds a NUL', () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(toColumn(given)).not.toContain('\0');
      expect(fromColumn(toColumn(given))).toBe(given);
    }),
  );
});

test('ordinary texts are kept as they are', () => {
  expect(toColumn('load000001x00000001')).toBe('load000001x00000001');
});
