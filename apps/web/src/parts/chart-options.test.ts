import { expect, test } from 'vitest';
import { lonely } from './chart-options.ts';

test('a value with none beside it is drawn as a point', () => {
  expect(lonely([])).toEqual([]);
  expect(lonely([7])).toEqual([0]);
  expect(lonely([1, null, 0, undefined, 5, 6, null, 8])).toEqual([0, 2, 7]);
  expect(lonely([1, 2, 3])).toEqual([]);
});
