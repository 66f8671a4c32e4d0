import { expect, test, vi } from 'vitest';
import type { QueueFigures } from '../engine/engine.ts';
import { Watch, type WatchSources } from './watch.ts';

const SECOND = 1_000_000; // of the store's times

/** A server whose looks at its queues end when the test says. */
function busy() {
  const ends: (() => void)[] = [];
  const state = { ready: 1, processed: 10, oldest: 0, now: 3 * SECOND };
  const engine = {
    sizes: async () => ({
      scheduled: 0,
      retries: 0,
      working: 0,
      dead: 0,
      processed: state.processed,
      failures: 0,
    }),
    queues: async () => [{ name: 'mail', size: state.ready, paused: false }],
    clock: () => state.now,
    figures: { meter: { evicted: 0, kinds: () => [] } },
  };
  const finder = {
    queueFigures: () =>
      new Promise<QueueFigures[]>((resolve) => {
        const figures = {
          name: 'mail',
          size: state.ready,
          paused: false,
          priorities: [],
          oldest: state.oldest,
        };
        ends.push(() => resolve([figures]));
      }),
  };
  const roster = { workers: () => [], size: 0 };
  const sources = { jobs: { engine, finder }, roster, startedAt: 0, deadLimit: 0, connections: () => 0 };
  return { state, ends, watch: new Watch(sources as unknown as WatchSources) };
}

test('the figures move while a look at the queues is slow; the longest wait is that of the last look', async () => {
  vi.useFakeTimers();
  const { state, ends, watch } = busy();
  const first = watch.stats();
  await vi.advanceTimersByTimeAsync(3000);
  ends[0]?.();
  expect(await first).toMatchObject({ ready: 1, processed: 10, latency: 3 });
  await vi.advanceTimersByTimeAsync(2000);
  Object.assign(state, { ready: 5, processed: 400, now: 9 * SECOND });
  const second = watch.stats();
  await vi.advanceTimersByTimeAsync(200);
  expect(await second).toMatchObject({ ready: 5, processed: 400, latency: 3 });
  ends[1]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(await watch.stats()).toMatchObject({ latency: 9 });
  vi.useRealTimers();
});

test('a look at the queues that took long is not begun again at once for the figures', async () => {
  vi.useFakeTimers();
  const { ends, watch } = busy();
  const first = watch.stats();
  await vi.advanceTimersByTimeAsync(3000);
  ends[0]?.();
  await first;
  await watch.stats();
  expect(ends).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2000);
  const later = watch.stats();
  await vi.advanceTimersByTimeAsync(200);
  await later;
  expect(ends).toHaveLength(2);
  vi.useRealTimers();
});
