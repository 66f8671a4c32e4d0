import { expect, test } from 'vitest';
import { bytes, count, duration, rate, share } from './numbers.ts';

test('durations are shown in their two largest units', () => {
  expect(duration(0)).toBe('0s');
  expect(duration(0.0000171)).toBe('18μs');
  expect(duration(0.25)).toBe('250ms');
  expect(duration(9.87)).toBe('9.9s');
  expect(duration(59.6)).toBe('1m');
  expect(duration(200)).toBe('3m 20s');
  expect(duration(3600)).toBe('1h');
  expect(duration(93_000)).toBe('1d 1h');
  expect(duration(-5)).toBe('0s');
});

test('counts are exact below a million', () => {
  expect(count(999_999)).toBe('999,999');
  expect(count(12_400_000)).toBe('12.4M');
});

test('rates have more digits when they are low', () => {
  expect(rate(0.00028)).toBe('0.0003');
  expect([rate(0), rate(0.123), rate(12.34), rate(1234.5)]).toEqual(['0', '0.12', '12.3', '1,235']);
});

test('bytes are shown in the unit that fits', () => {
  expect([bytes(0), bytes(1500), bytes(21e9)]).toEqual(['0 bytes', '1.5 kB', '21 GB']);
});

test('a small share keeps one decimal', () => {
  expect([share(0.0021), share(0.42)]).toEqual(['0.2%', '42%']);
});
