import { expect, test } from 'vitest';
import { type DurationText, durationMs } from './duration.ts';

test.each<[DurationText, number]>([
  ['250ms', 250],
  ['90s', 90_000],
  ['15 minutes', 900_000],
  ['1 min', 60_000],
  ['1h 30m', 5_400_000],
  ['1.5 hours', 5_400_000],
  ['2 days', 172_800_000],
  ['1w', 604_800_000],
])('%s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test('a number is milliseconds, a Temporal.Duration what it says', () => {
  expect(durationMs(1500)).toBe(1500);
  expect(durationMs({ total: ({ unit }) => (unit === 'milliseconds' ? 42 : 0) })).toBe(42);
});

test.each(['', 's', '5', '5 bananas', '1h x', '-5s', '1e3s', 'constructor', '5 constructor'])(
  '%j is INVALID',
  (text) => {
    expect(() => durationMs(text as DurationText)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  },
);

test('a duration without a length of its own is INVALID, with its reason', () => {
  const month = {
    total: (): number => {
      throw new RangeError('months need a date');
    },
  };
  expect(() => durationMs(month)).toThrow(/has no length of its own: months need a date/);
});
