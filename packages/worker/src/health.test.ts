import { beforeEach, expect, test } from 'vitest';
import { checkWindow, Health } from './health.ts';

let time = 0;
let health: Health;

beforeEach(() => {
  time = 1000;
  health = new Health({ concurrency: 2 }, () => time);
});

const healthy = (busy = 0): boolean => health.report({ state: 'running', busy }).healthy;

test('a worker is healthy for 30 s after a fetch was answered', () => {
  expect(healthy()).toBe(false);
  health.fetching();
  expect(healthy()).toBe(false);
  health.fetched();
  time += 30_000;
  expect(healthy()).toBe(true);
  time += 1;
  expect(healthy()).toBe(false);
});

test('the window sets how old the answer to a fetch may be, or to a beat when all slots are busy', () => {
  health = new Health({ concurrency: 2, window: 5000 }, () => time);
  health.fetched();
  health.beat(true);
  time += 5000;
  expect([healthy(), healthy(2)]).toEqual([true, true]);
  time += 1;
  expect([healthy(), healthy(2)]).toEqual([false, false]);
});

test.each([2999, -1, Number.NaN])(
  'a window of %d ms is refused: a fetch that waits takes two seconds',
  (window) => {
    expect(() => checkWindow(window)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  },
);

test('answered beats are not enough while a fetch has no answer', () => {
  health.fetching();
  health.fetched();
  health.fetching();
  time += 30_001;
  health.beat(true);
  expect(healthy(0)).toBe(false);
  expect(healthy(1)).toBe(false);
});

test('a worker that was busy with long jobs has 30 s for the answer to its next fetch', () => {
  health.fetching();
  health.fetched();
  time += 100_000;
  expect(healthy()).toBe(false);
  health.fetching();
  time += 30_000;
  expect(healthy()).toBe(true);
  time += 1;
  expect(healthy()).toBe(false);
});

test('an answered beat counts for at least two beat intervals', () => {
  health = new Health({ concurrency: 2, beatInterval: 60_000 }, () => time);
  health.beat(true);
  time += 120_000;
  expect(healthy(2)).toBe(true);
});

test('with all slots busy an answered beat is a sign of health for 30 s', () => {
  health.fetching();
  health.beat(true);
  time += 30_000;
  health.beat(false);
  expect(healthy(2)).toBe(true);
  time += 1;
  expect(healthy(2)).toBe(false);
});

test('an answered beat is a sign of health when limits prevent fetches while jobs run', () => {
  health.fetching();
  time += 1;
  health.fetched();
  time += 40_000;
  health.beat(true);
  expect(healthy(1)).toBe(true);
  expect(healthy(0)).toBe(false);
});

test.each(['new', 'quiet', 'stopping', 'stopped'] as const)('a worker that is %s is not healthy', (state) => {
  health.fetched();
  expect(health.report({ state, busy: 0 }).healthy).toBe(false);
});

test('the report has the seconds since the last answers, null for never', () => {
  health.fetched();
  time += 1500;
  expect(health.report({ state: 'running', busy: 1 })).toEqual({
    healthy: true,
    state: 'running',
    busy: 1,
    concurrency: 2,
    last_fetch: 1.5,
    last_beat: null,
  });
});
