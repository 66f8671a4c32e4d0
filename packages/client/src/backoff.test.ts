import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

test('the first dial does not wait', () => {
  expect(backoff(0)).toBe(0);
});

test('the delay between dials doubles up to three seconds', () => {
  const waits = [1, 2, 3, 6, 7, 8, 2000].map((failures) => backoff(failures, () => 0));
  expect(waits).toEqual([50, 100, 200, 1600, 3000, 3000, 3000]);
});

test('chance reduces the delay between dials by up to half', () => {
  expect(backoff(1, () => 1)).toBe(25);
  expect(backoff(1, () => 0.5)).toBe(37.5);
});
