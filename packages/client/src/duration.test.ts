import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Duration, type DurationText, milliseconds } from './duration.ts';

const lengths = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

describe('a duration', () => {
  test.each<[Duration, number]>([
    [1500, 1500],
    ['90s', 90_000],
    ['15 minutes', 900_000],
    ['1h 30m', 5_400_000],
    ['1 hour 30 minutes', 5_400_000],
    ['1.5h', 5_400_000],
    ['2 days', 172_800_000],
    ['100ms', 100],
    [{ total: ({ unit }) => (unit === 'milliseconds' ? 7 : 0) }, 7],
  ])('%j is %i ms', (duration, expected) => {
    expect(milliseconds(duration)).toBe(expected);
  });

  test('a duration is the sum of its parts, with or without a space before the unit', () => {
    const part = fc.record({
      amount: fc.nat(100_000),
      unit: fc.constantFrom(...(Object.keys(lengths) as (keyof typeof lengths)[])),
      space: fc.constantFrom('', ' '),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.map(({ amount, space, unit }) => `${amount}${space}${unit}`).join(' ');
        const sum = parts.reduce((before, { amount, unit }) => before + amount * lengths[unit], 0);
        expect(milliseconds(text as DurationText)).toBe(sum);
      }),
    );
  });

  test('a duration that is any other text is INVALID, never NaN', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,3} ?[a-z]{1,12}$/)), (text) => {
        try {
          expect(milliseconds(text as DurationText)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID' });
        }
      }),
    );
  });

  test.each([
    '',
    '5',
    'soon',
    '5 bananas',
    '-5s',
    '1e3s',
    '5 months',
    '5  s',
    '5s ',
    '1 mss',
    '1 constructors',
  ])('%j is INVALID', (text) => {
    expect(() => milliseconds(text as DurationText)).toThrow(
      expect.objectContaining({ code: 'INVALID', message: expect.stringContaining('use 90s') }),
    );
  });

  test('a duration of another type is INVALID', () => {
    const date = new Date(0) as unknown as Duration;
    expect(() => milliseconds(date)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });

  test('a duration that depends on the calendar is INVALID and the error says what to do', () => {
    const month = {
      total(): number {
        throw new RangeError('a starting point is required for months balancing');
      },
    };
    expect(() => milliseconds(month)).toThrow(
      expect.objectContaining({
        code: 'INVALID',
        message: expect.stringContaining('give the time with at'),
        cause: expect.any(RangeError),
      }),
    );
  });
});

test('duration texts with other units, or none, do not compile', () => {
  expectTypeOf<
    '90s' | '15 minutes' | '1 day' | '1.5 h' | '1d 2h 3m' | '1 hour 30 minutes'
  >().toExtend<Duration>();
  expectTypeOf<'5 bananas'>().not.toExtend<Duration>();
  expectTypeOf<'5'>().not.toExtend<Duration>();
  expectTypeOf<'s'>().not.toExtend<Duration>();
  expectTypeOf<'1h and 5m'>().not.toExtend<Duration>();
  expectTypeOf<string>().not.toExtend<Duration>();
});
