import { expect, test } from 'vitest';
import { ratesOfHistory } from './history-rates.ts';

const point = (at: string, pushed: number) => ({ at, pushed, done: 0, failed: 0, dead: 0 });
const points = [point('2026-05-01T10:00:00Z', 120), point('2026-05-01T10:01:00Z', 20)];
const rates = (until: string) =>
  ratesOfHistory({ step: 60, until, points }).map(({ time, pushed }) => [time, pushed]);

test('a failure that moved its job to dead counts as a failure', () => {
  const points = [{ ...point('2026-05-01T10:00:00Z', 0), failed: 60, dead: 60 }];
  expect(ratesOfHistory({ step: 60, until: '2026-05-01T10:01:00Z', points })[0]?.failed).toBe(2);
});

const first = [Date.parse('2026-05-01T10:00:00Z'), 2];
const second = Date.parse('2026-05-01T10:01:00Z');

test('a running step counts for the time that has passed', () => {
  expect(rates('2026-05-01T10:01:10Z')).toEqual([first, [second, 2]]);
});

test('a completed step counts for its whole length', () => {
  expect(rates('2026-05-01T10:02:00Z')).toEqual([first, [second, 20 / 60]]);
});

test('a step that has just started is left out', () => {
  expect(rates('2026-05-01T10:01:05Z')).toEqual([first]);
});
