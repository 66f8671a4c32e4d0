import { expect, test } from 'vitest';
import { fromField, toField } from './zone.ts';

test('a typed time is in the time zone that the user chose', () => {
  expect(fromField('2026-01-15T12:00', 'UTC')).toBe('2026-01-15T12:00:00.000Z');
  expect(fromField('2026-01-15T12:00', 'Europe/Berlin')).toBe('2026-01-15T11:00:00.000Z');
  expect(fromField('2026-07-15T12:00', 'Europe/Berlin')).toBe('2026-07-15T10:00:00.000Z');
  expect(fromField('2026-07-15T12:00', 'Asia/Kolkata')).toBe('2026-07-15T06:30:00.000Z');
  expect(fromField('later', 'UTC')).toBeUndefined();
});

test('a field shows what was typed into it', () => {
  for (const zone of ['local', 'UTC', 'America/New_York', 'Asia/Kathmandu'])
    expect(toField(Date.parse(fromField('2026-03-29T01:30:10', zone) ?? ''), zone)).toBe(
      '2026-03-29T01:30:10',
    );
});
