// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { choose } from './prefs.ts';
import { exactTime, relativeTime } from './time.tsx';
import { chooseLanguage, languages, startWords } from './words/index.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const from = (seconds: number) => relativeTime(now + seconds * 1000, now);

afterEach(() => choose({ zone: 'local' }));

test('a relative time is in its largest unit, in the past and in the future', () => {
  expect([from(-5), from(-200), from(-7200), from(-172_800)]).toEqual([
    '5s ago',
    '3m ago',
    '2h ago',
    '2d ago',
  ]);
  expect([from(90), from(0), from(-0.5)]).toEqual(['in 1m', 'now', 'now']);
  // Not "yesterday": by the calendar it may be the day before.
  expect([from(-140_000), from(140_000)]).toEqual(['1d ago', 'in 1d']);
});

test('a relative time has words in every language, not a sign alone', async () => {
  await startWords();
  for (const code of languages) {
    await chooseLanguage(code);
    for (const seconds of [-5, 90, -140_000]) expect(from(seconds)).toMatch(/^[^-+−]*\p{L}/u);
  }
  await chooseLanguage('en');
});

test('an exact time is in the chosen time zone and names the zone', () => {
  choose({ zone: 'UTC' });
  expect(exactTime('2026-11-28T12:00:00.5Z')).toMatch(/12:00:00\.500 PM UTC/);
  choose({ zone: 'Asia/Tokyo' });
  expect(exactTime('2026-11-28T12:00:00.5Z')).toMatch(/09:00:00\.500 PM GMT\+9/);
});
