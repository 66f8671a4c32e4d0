/** What a minute or an hour keeps: sums that stay, names that are bounded, percentiles between bounds. */
import { expect, test } from 'vitest';
import { glance, percentiles, Tally } from './tally.ts';

test('a text read again has the same sums, and texts add up', () => {
  const tally = new Tally();
  tally.add('mail', '__proto__', [1, 2, 3, 4]);
  tally.add('mail', 'Other "quoted"', [1, 0, 0, 0]);
  tally.wait.set('mail', [0, 5, 0]);
  tally.run.set('__proto__', [1]);
  const again = Tally.of(tally.text());
  again.addText(tally.text());
  const text = again.text();
  expect(glance(text, 'mail', '__proto__')).toEqual({ events: [2, 4, 6, 8], wait: [0, 10], run: [2] });
  expect(glance(text, undefined, undefined)).toEqual({ events: [4, 4, 6, 8], wait: [0, 10], run: [2] });
  expect(glance(text, 'mail', undefined)).toEqual({ events: [4, 4, 6, 8], wait: [0, 10], run: [] });
  expect(glance(text, 'constructor', 'toString')).toEqual({ events: [0, 0, 0, 0], wait: [], run: [] });
  expect([...again.wait, ...again.run]).toEqual([
    ['mail', [0, 10]],
    ['__proto__', [2]],
  ]);
});

test('of many names those with most events are kept apart, the rest is other, and the sum stays', () => {
  const tally = new Tally();
  for (let n = 1; n <= 500; n++) {
    tally.add(`queue-${n}`, 'T', [n, 0, 0, 0]);
    tally.wait.set(`queue-${n}`, [n]);
  }
  const kept = Tally.of(tally.text());
  expect(kept.kinds()).toHaveLength(101);
  const pushed = (queue?: string, jobtype?: string) => glance(kept.text(), queue, jobtype).events[0];
  expect([pushed('queue-500', 'T'), pushed('queue-400', 'T')]).toEqual([500, 0]);
  expect([pushed(), pushed('other', 'other')]).toEqual([(500 * 501) / 2, (400 * 401) / 2]);
  expect(kept.wait.size).toBe(101);
  expect(Tally.of(kept.text()).text()).toBe(kept.text());
});

test('percentiles lie between the bounds of their bucket; of nothing there are none', () => {
  const bounds = [1, 2, 4];
  expect(percentiles([0, 100], bounds)).toEqual({ p50: 1.5, p95: 1.95, p99: 1.99 });
  expect(percentiles([50, 0, 50], bounds)).toMatchObject({ p50: 1, p95: 3.8 });
  expect(percentiles([0, 0, 0, 7], bounds)).toEqual({ p50: 4, p95: 4, p99: 4 });
  expect(percentiles([], bounds)).toBeUndefined();
  expect(percentiles([0, 0], bounds)).toBeUndefined();
});
