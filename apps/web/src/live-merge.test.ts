import type { LiveStats, QueueRow } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { merged, nothingLive, ratesOf, withPast } from './live-merge.ts';

const none = new Set<never>();
const queue = (name: string, size = 0): QueueRow => ({
  name,
  size,
  paused: false,
  priorities: [0, 0, 0, 0, size, 0, 0, 0, 0],
  latency: 0,
  rate_in: 0,
  rate_out: 0,
  workers: 0,
});
const stats = (second: number, change: Partial<LiveStats> = {}): LiveStats => ({
  at: new Date(second * 1000).toISOString(),
  ready: 0,
  scheduled: 0,
  retries: 0,
  working: 0,
  dead: 0,
  dead_limit: 10_000,
  dead_evicted: 0,
  slots: 0,
  processed: 0,
  failures: 0,
  pushed: 0,
  queues: 0,
  workers: 0,
  connections: 0,
  latency: 0,
  memory_mb: 0,
  uptime: second,
  ...change,
});

const secondOf = (at: string): number => Date.parse(at) / 1000;

test('the first update of a topic replaces all rows, and later updates change single rows', () => {
  const old = merged(nothingLive, { queues: { gone: queue('gone') } }, none);
  const whole = merged(old, { queues: { a: queue('a', 1), b: queue('b', 2) } }, new Set(['queues']));
  expect(Object.keys(whole.queues ?? {})).toEqual(['a', 'b']);
  const later = merged(whole, { queues: { b: null, a: queue('a', 5) } }, none);
  expect(later.queues).toEqual({ a: queue('a', 5) });
  expect(whole.queues?.b).toEqual(queue('b', 2));
});

test('objects that an update does not change keep their identity', () => {
  const before = merged(nothingLive, { queues: { a: queue('a') }, stats: stats(1) }, none);
  const after = merged(before, { workers: {} }, none);
  expect(after.queues).toBe(before.queues);
  expect(after.stats).toBe(before.stats);
  expect(after.trail).toBe(before.trail);
});

test('a queue may have any name, even __proto__', () => {
  const { queues } = merged(nothingLive, JSON.parse('{"queues":{"__proto__":{"name":"__proto__"}}}'), none);
  expect(Object.keys(queues ?? {})).toEqual(['__proto__']);
});

test('the trail has one sample per second, and starts again after a restart of the server', () => {
  let state = merged(nothingLive, { stats: stats(10) }, none);
  state = merged(state, { stats: stats(10.5) }, none);
  state = merged(state, { stats: stats(11) }, none);
  expect(state.trail.map(({ at }) => secondOf(at))).toEqual([10, 11]);
  state = merged(state, { stats: stats(13, { pushed: 2 }) }, none);
  expect(state.trail.map(({ at }) => secondOf(at))).toEqual([10, 11, 13]);
  state = merged(state, { stats: stats(14, { pushed: 1, uptime: 1 }) }, none);
  expect(state.trail.map(({ at }) => secondOf(at))).toEqual([14]);
});

test('rates are per second, and failed executions are not counted as done', () => {
  const trail = [stats(10, { pushed: 5 }), stats(12, { pushed: 9, processed: 8, failures: 2 })];
  expect(ratesOf(trail)).toEqual([{ at: 12_000, pushed: 2, done: 3, failed: 1 }]);
});

test('the server’s samples fill the time before the page’s own samples and the gaps in them, one per second', () => {
  const state = { trail: [stats(10), stats(11), stats(15)] };
  const past = [8, 9.2, 10.3, 11.3, 12.3, 13.3, 14.3, 15.3].map((second) => stats(second));
  expect(withPast(state, past).trail.map(({ at }) => secondOf(at))).toEqual([
    8, 9.2, 10.3, 11.3, 12.3, 13.3, 14.3, 15.3,
  ]);
  const restarted = [stats(1, { pushed: 50 }), stats(2, { pushed: 0 })];
  expect(withPast({ trail: [stats(3)] }, restarted).trail.map(({ at }) => secondOf(at))).toEqual([2, 3]);
});
