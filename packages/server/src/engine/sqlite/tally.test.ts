/** What a minute or an hour keeps: sums that stay, names that are bounded, percentiles between bounds. */
import { expect, test } from 'vitest';
import { type Events, type Glance, glance, percentiles, Tally } from './tally.ts';

const events = (...all: Events): Glance => ({ events: all, wait: [], run: [] });

test('a text read again has the same sums, and texts add up', () => {
  const tally = new Tally();
  tally.add('mail', '__proto__', { events: [1, 2, 3, 4], wait: [0, 5, 0], run: [1] });
  tally.add('mail', 'Other "quoted"', { events: [1, 0, 0, 0], wait: [1], run: [] });
  const again = Tally.of(tally.text());
  again.addText(tally.text());
  const text = again.text();
  expect(glance(text, 'mail', '__proto__')).toEqual({ events: [2, 4, 6, 8], wait: [0, 10], run: [2] });
  for (const queue of ['mail', undefined])
    expect(glance(text, queue, undefined)).toEqual({ events: [4, 4, 6, 8], wait: [2, 10], run: [2] });
  expect(glance(text, undefined, 'Other "quoted"')).toEqual({ events: [2, 0, 0, 0], wait: [2], run: [] });
  expect(glance(text, 'constructor', 'toString')).toEqual(events(0, 0, 0, 0));
});

test('of many names those with most events are kept apart, the rest is other, and the sum stays', () => {
  const tally = new Tally();
  for (let n = 1; n <= 500; n++)
    tally.add(`queue-${n}`, 'T', { events: [n, 0, 0, 0], wait: [n], run: [0, n] });
  const kept = Tally.of(tally.text());
  expect(kept.kinds()).toHaveLength(101);
  const told = (queue?: string, jobtype?: string) => {
    const { events: counts, wait, run } = glance(kept.text(), queue, jobtype);
    return [counts[0], wait[0], run[1]];
  };
  const all = (500 * 501) / 2;
  const others = (400 * 401) / 2;
  expect([told('queue-500', 'T'), told('queue-400', 'T')]).toEqual([
    [500, 500, 500],
    [0, undefined, undefined],
  ]);
  expect([told(), told('other', 'other')]).toEqual([
    [all, all, all],
    [others, others, others],
  ]);
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
