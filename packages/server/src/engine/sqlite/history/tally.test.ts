/** Tests tallies: sums, the bound on names, percentiles. */
import { expect, test } from 'vitest';
import { runBounds, timeBounds, waitBounds } from '../../engine.ts';
import { type Events, percentiles, type StepSummary, summaryOf, Tally } from './tally.ts';

const events = (...all: Events): StepSummary => ({ events: all, wait: [], run: [], waitMax: 0, runMax: 0 });

test('a tally read from its text has the same sums, and texts add up', () => {
  const tally = new Tally();
  tally.add('mail', '__proto__', {
    events: [1, 2, 3, 4],
    wait: [0, 5, 0],
    run: [1],
    waitMax: 0.00012,
    runMax: 0.00005,
  });
  tally.add('mail', 'Other "quoted"', {
    events: [1, 0, 0, 0],
    wait: [1],
    run: [],
    waitMax: 0.00009,
    runMax: 0,
  });
  const again = Tally.of(tally.text());
  again.addText(tally.text());
  const text = again.text();
  const peaks = { waitMax: 0.00012, runMax: 0.00005 };
  expect(summaryOf(text, 'mail', '__proto__')).toEqual({
    events: [2, 4, 6, 8],
    wait: [0, 10],
    run: [2],
    ...peaks,
  });
  for (const queue of ['mail', undefined])
    expect(summaryOf(text, queue, undefined)).toEqual({
      events: [4, 4, 6, 8],
      wait: [2, 10],
      run: [2],
      ...peaks,
    });
  expect(summaryOf(text, undefined, 'Other "quoted"')).toEqual({
    events: [2, 0, 0, 0],
    wait: [2],
    run: [],
    waitMax: 0.00009,
    runMax: 0,
  });
  expect(summaryOf(text, 'constructor', 'toString')).toEqual(events(0, 0, 0, 0));
});

test('of many pairs the 100 with most events stay separate, the rest becomes other, and the total stays', () => {
  const tally = new Tally();
  for (let n = 1; n <= 500; n++)
    tally.add(`queue-${n}`, 'T', { events: [n, 0, 0, 0], wait: [n], run: [0, n], waitMax: n, runMax: n });
  const kept = Tally.of(tally.text());
  expect(kept.kinds()).toHaveLength(101);
  const countsOf = (queue?: string, jobtype?: string) => {
    const { events: counts, wait, run } = summaryOf(kept.text(), queue, jobtype);
    return [counts[0], wait[0], run[1]];
  };
  const all = (500 * 501) / 2;
  const others = (400 * 401) / 2;
  expect([countsOf('queue-500', 'T'), countsOf('queue-400', 'T')]).toEqual([
    [500, 500, 500],
    [0, undefined, undefined],
  ]);
  expect([countsOf(), countsOf('other', 'other')]).toEqual([
    [all, all, all],
    [others, others, others],
  ]);
  expect(Tally.of(kept.text()).text()).toBe(kept.text());
});

test('percentiles lie within their bucket and never above the maximum; without values there are none', () => {
  const bounds = [1, 2, 4];
  expect(percentiles([0, 100], bounds, 2)).toEqual({ p50: 1.5, p95: 1.95, p99: 1.99 });
  expect(percentiles([50, 0, 50], bounds, 4)).toMatchObject({ p50: 1, p95: 3.8 });
  expect(percentiles([0, 0, 0, 7], bounds, 9)).toMatchObject({ p50: 6.5 });
  expect(percentiles([0, 0, 100], bounds, 2.5)).toEqual({ p50: 2.25, p95: 2.475, p99: 2.495 });
  expect(percentiles([0, 0, 7], bounds, 1.5)).toEqual({ p50: 1.5, p95: 1.5, p99: 1.5 });
  expect(percentiles([], bounds, 0)).toBeUndefined();
  expect(percentiles([0, 0], bounds, 0)).toBeUndefined();
});

test('each bound is at most 1.51 times the one before, and the bounds of /metrics are among them', () => {
  for (const [index, bound] of timeBounds.entries()) {
    const before = timeBounds[index - 1];
    if (before !== undefined) expect(bound / before, String(bound)).toBeGreaterThan(1);
    if (before !== undefined) expect(bound / before, String(bound)).toBeLessThanOrEqual(1.51);
  }
  for (const bound of [...waitBounds, ...runBounds]) expect(timeBounds).toContain(bound);
});

test('a row of an older server keeps its counts, each between its old bounds', () => {
  const old = '[["mail","Send",9,4,3,2,[0,0,0,0,0,0,9],[2,0,0,0,0,0,0,0,0,0,0,0,0,0,4]]]';
  const { events: counted, wait, run, waitMax, runMax } = summaryOf(old, 'mail', 'Send');
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  expect([counted, sum(wait), sum(run), waitMax, runMax]).toEqual([[9, 4, 3, 2], 9, 6, 5, 1800]);
  const within = timeBounds.filter((_, index) => (wait[index] ?? 0) > 0);
  expect([Math.min(...within) > 1, Math.max(...within)]).toEqual([true, 5]);
  const again = Tally.of(Tally.of(old).text()).text();
  expect(summaryOf(again, 'mail', 'Send')).toMatchObject({ events: counted, waitMax, runMax });
  expect(percentiles(wait, timeBounds, waitMax)?.p99).toBeLessThanOrEqual(5);
});
