import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { formatTime, nowMicros, parseTime } from './time.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('an instant as text', () => {
  test.each([
    [0, '1970-01-01T00:00:00Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [100_000, '1970-01-01T00:00:00.1Z'],
    [123_000, '1970-01-01T00:00:00.123Z'],
    [123_450, '1970-01-01T00:00:00.12345Z'],
    [1_000_010, '1970-01-01T00:00:01.00001Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [Number.MAX_SAFE_INTEGER, '2255-06-05T23:47:34.740991Z'],
    [Number.MIN_SAFE_INTEGER, '1684-07-28T00:12:25.259009Z'],
  ])('%d is %s', (at, text) => {
    expect(formatTime(at)).toBe(text);
    expect(parseTime(text)).toBe(at);
  });

  test('a written time reads back as the same instant, whatever was written before it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(3_000_000), (at, later) => {
        expect(parseTime(formatTime(at))).toBe(at);
        const near = Math.min(at + later, Number.MAX_SAFE_INTEGER);
        expect(parseTime(formatTime(near))).toBe(near);
      }),
    );
  });

  test('a written time agrees with Date to the millisecond', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1700-01-01'), max: new Date('2250-01-01'), noInvalidDate: true }),
        (date) => {
          expect(parseTime(date.toISOString())).toBe(date.getTime() * 1000);
          expect(Date.parse(formatTime(date.getTime() * 1000))).toBe(date.getTime());
        },
      ),
    );
  });
});

describe('reading RFC 3339', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2020-01-01T00:00:00+05:30', '2019-12-31T18:30:00Z'],
    ['2020-01-01T00:00:00-00:01', '2020-01-01T00:01:00Z'],
    ['2020-02-29T12:00:00.000000999999Z', '2020-02-29T12:00:00Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T03:04:05.1-23:59', '2026-01-03T03:03:05.1Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
  ])('%s is %s', (text, same) => {
    expect(formatTime(parseTime(text) ?? Number.NaN)).toBe(same);
  });

  test.each([
    '',
    'tomorrow',
    '2020-01-01',
    '2020-01-01 00:00:00',
    '2020-01-01 00:00:00Z',
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:00z',
    '2020-01-01t00:00:00Z',
    '2020-01-01T00:00:00.Z',
    '2020-01-01T00:00:00,5Z',
    '2020-01-01T00:00:00.5',
    '2020-01-01T00:00:60Z',
    '2020-01-01T00:60:00Z',
    '2020-01-01T24:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '2020-01-00T00:00:00Z',
    '2021-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2020-04-31T00:00:00Z',
    '2020-01-01T00:00:00+5:30',
    '2020-01-01T00:00:00+0530',
    '2020-01-01T00:00:00+24:00',
    '2020-01-01T00:00:00+05:60',
    '2020-01-01T00:00:00Zx',
    ' 2020-01-01T00:00:00Z',
    '12020-01-01T00:00:00Z',
    '202a-01-01T00:00:00Z',
  ])('%j is no time', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  test('a time outside the range of an instant becomes the nearest instant', () => {
    expect(parseTime('9999-12-31T23:59:59Z')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseTime('0001-01-01T00:00:00Z')).toBe(Number.MIN_SAFE_INTEGER);
  });

  test('parseTime never throws, for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseTime(text) === undefined || text.length >= 20));
  });
});

describe('the clock', () => {
  test('the clock is always inside the millisecond of Date.now()', () => {
    for (let i = 0; i < 2000; i++) {
      const before = Date.now();
      const at = nowMicros();
      expect(at).toBeGreaterThanOrEqual(before * 1000);
      expect(at).toBeLessThan((Date.now() + 1) * 1000);
      expect(Number.isSafeInteger(at)).toBe(true);
    }
  });

  test('the clock is finer than a millisecond', () => {
    const end = Date.now() + 20;
    const seen = new Set<number>();
    while (Date.now() < end) seen.add(nowMicros() % 1000);
    expect(seen.size).toBeGreaterThan(100);
  });

  test('the clock follows a step of the wall clock at once, and back', () => {
    const real = Date.now.bind(Date);
    for (const step of [3_600_000, -3_600_000, 0]) {
      vi.spyOn(Date, 'now').mockImplementation(() => real() + step);
      const [before, at, after] = [Date.now(), nowMicros(), Date.now()];
      expect(at).toBeGreaterThanOrEqual(before * 1000);
      expect(at).toBeLessThan((after + 1) * 1000);
      vi.restoreAllMocks();
    }
  });

  test('the clock follows fake timers', () => {
    vi.useFakeTimers({ now: 1_000_000_000_000 });
    expect(Math.floor(nowMicros() / 1000)).toBe(1_000_000_000_000);
  });
});
