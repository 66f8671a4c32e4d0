import { expect, test } from 'vitest';
import { PORTION_BYTES, Portion } from './portion.ts';

test('a portion is full after its number of rows', () => {
  const portion = new Portion(3);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => portion.isFull())).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
});

test('a portion is full before the row that exceeds its bytes, and has a single row of any size', () => {
  const portion = new Portion();
  const half = PORTION_BYTES / 2;
  expect([half, half, 1, 2 * PORTION_BYTES, 1].map((bytes) => portion.isFull(bytes))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});
