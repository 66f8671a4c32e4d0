import { expect, test } from 'vitest';
import { lonely, rangeOf } from './chart-options.ts';

test('a value without neighbours is drawn as a point', () => {
  expect(lonely([])).toEqual([]);
  expect(lonely([7])).toEqual([0]);
  expect(lonely([1, null, 0, undefined, 5, 6, null, 8])).toEqual([0, 2, 7]);
  expect(lonely([1, 2, 3])).toEqual([]);
});

test('a time axis ends with the last value, or now if there is none, and never in 1970', () => {
  const now = 1_781_092_800_000;
  expect(rangeOf(null, null, undefined, now)).toEqual([now / 1000 - 60, now / 1000]);
  expect(rangeOf(null, null, 180_000, now)).toEqual([now / 1000 - 180, now / 1000]);
  expect(rangeOf(100, 100, undefined, now)).toEqual([40, 100]);
  expect(rangeOf(100, 400, undefined, now)).toEqual([100, 400]);
  expect(rangeOf(100, 400, 60_000, now)).toEqual([340, 400]);
});
