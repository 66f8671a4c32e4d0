import type { LiveStats, LiveTopic, QueueRow } from '@faktory-ts/protocol';
import { expect, test, vi } from 'vitest';
import { type Looks, Sampler } from './sampler.ts';

/** Looks at rows that the test changes. */
function watched() {
  const rows = new Map<string, Partial<QueueRow>>();
  const count = { queues: 0, stats: 0 };
  const looks: Looks = {
    stats: async () => {
      count.stats++;
      return { ready: count.stats } as LiveStats;
    },
    attention: async () => [],
    queues: async () => {
      count.queues++;
      return [...rows].map(([name, row]) => ({ name, ...row })) as QueueRow[];
    },
    workers: async () => [],
  };
  let told: () => void = () => undefined;
  const sampler = new Sampler(looks, () => told());
  /** Resolves after the next look. */
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
    });
  return { rows, count, sampler, next };
}
const queues: ReadonlySet<LiveTopic> = new Set(['queues']);

test('what nobody wants is not looked at', async () => {
  const { count, sampler, next } = watched();
  sampler.want(queues);
  await next();
  expect(count).toEqual({ queues: 1, stats: 0 });
  sampler.want(new Set());
  vi.useFakeTimers();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  expect(count.queues).toBe(1);
});

test('what a page was never told is new to it, once it has been looked at', async () => {
  const { sampler, next } = watched();
  sampler.want(queues);
  expect(sampler.hasNew(queues, new Map())).toBe(false);
  await next();
  expect(sampler.hasNew(queues, new Map())).toBe(true);
  expect(sampler.hasNew(queues, sampler.since(queues, new Map()).seen)).toBe(false);
});

test('before the first look nothing is told, then all, then what is new', async () => {
  const { rows, sampler, next } = watched();
  rows.set('a', { size: 1 }).set('b', { size: 1 });
  sampler.want(queues);
  const none = sampler.since(queues, new Map());
  expect(none.update).toEqual({});
  await next();
  const all = sampler.since(queues, none.seen);
  expect(Object.keys(all.update.queues ?? {})).toEqual(['a', 'b']);
  rows.set('b', { size: 2 });
  await next();
  expect(sampler.since(queues, all.seen).update).toEqual({ queues: { b: { name: 'b', size: 2 } } });
  sampler.want(new Set());
});

test('who did not look for a while gets the last state of each row once', async () => {
  const { rows, sampler, next } = watched();
  sampler.want(queues);
  await next();
  const { seen } = sampler.since(queues, new Map());
  for (let size = 0; size < 3; size++) {
    rows.set('a', { size });
    await next();
  }
  expect(sampler.since(queues, seen).update).toEqual({ queues: { a: { name: 'a', size: 2 } } });
  sampler.want(new Set());
});

test('a row in which only the seconds have grown is not told again', async () => {
  const { rows, sampler, next } = watched();
  rows.set('a', { size: 1, latency: 1 });
  sampler.want(queues);
  await next();
  const { seen } = sampler.since(queues, new Map());
  rows.set('a', { size: 1, latency: 2 });
  await next();
  expect(sampler.since(queues, seen).update).toEqual({});
  sampler.want(new Set());
});

test('a row that is gone is told as null to who has seen it, and not to who has not', async () => {
  const { rows, sampler, next } = watched();
  rows.set('a', { size: 1 });
  sampler.want(queues);
  await next();
  const { seen } = sampler.since(queues, new Map());
  rows.clear();
  await next();
  expect(sampler.since(queues, seen).update).toEqual({ queues: { a: null } });
  expect(sampler.since(queues, new Map()).update).toEqual({ queues: {} });
  sampler.want(new Set());
});

test('a queue of any name is told, also where names of objects mean something else', async () => {
  const { rows, sampler, next } = watched();
  rows.set('__proto__', { size: 1 });
  sampler.want(queues);
  await next();
  const { update } = sampler.since(queues, new Map());
  expect(JSON.stringify(update)).toBe('{"queues":{"__proto__":{"name":"__proto__","size":1}}}');
});

test('what several pages are told alike is made once', async () => {
  const { rows, sampler, next } = watched();
  rows.set('a', { size: 1 });
  sampler.want(new Set(['queues', 'stats']));
  await next();
  await next();
  const [one, other] = [sampler.told(queues, new Map()), sampler.told(queues, new Map())];
  expect(one.message).toBe(other.message);
  await next(); // at stats, which they do not want
  const later = [one, other].map(({ seen }) => sampler.told(queues, seen).message);
  expect(later[0]).toBe(later[1]);
  expect(String(later[0])).toBe('{}');
});

test('however often a page changes its mind, there is one look at a time, and none too soon', async () => {
  const { count, sampler, next } = watched();
  vi.useFakeTimers();
  for (let n = 0; n < 100; n++) {
    sampler.want(queues);
    await vi.advanceTimersByTimeAsync(2);
    sampler.want(new Set());
    await vi.advanceTimersByTimeAsync(2);
  }
  expect(count.queues).toBe(1);
  sampler.want(queues);
  const looked = next();
  await vi.advanceTimersByTimeAsync(500);
  await looked;
  expect(count.queues).toBe(2);
  vi.useRealTimers();
});

test('what was left for a while is not told before it has been looked at again', async () => {
  vi.useFakeTimers();
  const { rows, sampler } = watched();
  rows.set('a', { size: 1 });
  sampler.want(queues);
  await vi.advanceTimersByTimeAsync(1);
  sampler.want(new Set());
  await vi.advanceTimersByTimeAsync(1000);
  rows.set('a', { size: 2 });
  sampler.want(queues);
  expect(sampler.hasNew(queues, new Map())).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(sampler.since(queues, new Map()).update).toEqual({ queues: { a: { name: 'a', size: 2 } } });
  vi.useRealTimers();
});

test('a look that takes seconds is followed by the next one after two seconds, and a quick one after four times its length', async () => {
  vi.useFakeTimers();
  let takes = 7000;
  const begun: number[] = [];
  const none = async () => [];
  const looks = {
    stats: async () => {
      begun.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, takes));
      return { ready: begun.length } as LiveStats;
    },
    attention: none,
    queues: none,
    workers: none,
  };
  const sampler = new Sampler(looks, () => undefined);
  sampler.want(new Set(['stats']));
  await vi.advanceTimersByTimeAsync(2 * (7000 + 2000));
  takes = 200;
  await vi.advanceTimersByTimeAsync(7000 + 2000 + 5 * 200);
  sampler.want(new Set());
  vi.useRealTimers();
  const between = begun.slice(1).map((at, index) => Math.round(at - (begun[index] ?? 0)));
  expect(between).toEqual([9000, 9000, 9000, 1000]);
});
