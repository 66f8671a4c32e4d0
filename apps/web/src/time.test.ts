// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { choose } from './prefs.ts';
import { exactTime, relativeTime } from './time.tsx';

const now = Date.parse('2026-11-28T12:00:00Z');
const from = (seconds: number) => relativeTime(now + seconds * 1000, now);

afterEach(() => choose({ zone: 'local' }));

test('a time is told in its largest unit, before and after now', () => {
  expect([from(-5), from(-200), from(-7200), from(-172_800)]).toEqual([
    '5s ago',
    '3m ago',
    '2h ago',
    '2d ago',
  ]);
  expect([from(90), from(0)]).toEqual(['in 1m', 'now']);
});

test('the exact time is that of the chosen zone, with its name', () => {
  choose({ zone: 'UTC' });
  expect(exactTime('2026-11-28T12:00:00.5Z')).toMatch(/12:00:00\.500 PM UTC/);
  choose({ zone: 'Asia/Tokyo' });
  expect(exactTime('2026-11-28T12:00:00.5Z')).toMatch(/09:00:00\.500 PM GMT\+9/);
});
