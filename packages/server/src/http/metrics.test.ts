/** Figures of /metrics. */
import { expect, test } from 'vitest';
import { coarser } from './metrics.ts';

test('values between many bounds are the same values between few', () => {
  const fine = { bounds: [1, 2, 3, 4, 8], counts: [1, 10, 100, 1000, 10_000, 100_000], sum: 7 };
  expect(coarser(fine, [2, 4])).toEqual({ bounds: [2, 4], counts: [11, 1100, 110_000], sum: 7 });
  expect(coarser(fine, [1, 2, 3, 4, 8])).toEqual(fine);
});
