import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Gates } from '../engine/engine.ts';
import { Waiting } from './waiting.ts';

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function park(waiting: Waiting, queues: string[], woken: string[], name: string, signal = never) {
  const waiter = waiting.join(queues);
  const wait = () =>
    waiting.next(waiter, 2000, signal).then((why) => void woken.push(`${name}:${why?.queue}`));
  return { waiter, wait, done: wait() };
}

test('one waiter is woken per ready job, the longest-waiting first', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  for (const name of ['a', 'b', 'c']) park(waiting, ['q'], woken, name);
  waiting.signal('q', 2);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:q', 'b:q']);
});

test('a waiter is woken by a signal for any of its queues', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, ['x', 'y'], woken, 'a');
  waiting.signal('y', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:y']);
});

test('a woken waiter is woken again before later waiters, until it leaves', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  const first = park(waiting, ['q'], woken, 'a');
  park(waiting, ['q'], woken, 'b');
  waiting.signal('q', 1);
  await first.done;
  first.wait();
  waiting.signal('q', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:q', 'a:q']);
});

test('a wait ends without a queue after its time', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, ['q'], woken, 'a');
  await vi.advanceTimersByTimeAsync(1999);
  expect(woken).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(woken).toEqual(['a:undefined']);
});

test('a wait ends without a queue when it is aborted, and the next waiter is woken instead', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  const aborted = new AbortController();
  park(waiting, ['q'], woken, 'a', aborted.signal);
  park(waiting, ['q'], woken, 'b');
  aborted.abort();
  waiting.signal('q', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:undefined', 'b:q']);
});

test('a queue with a sleeping waiter is skipped by new fetches', () => {
  const waiting = new Waiting();
  park(waiting, ['x'], [], 'a');
  expect(waiting.withoutWaiters(['x', 'y'])).toEqual(['y']);
});

test('a signal that comes before a fetch parks is noticed', () => {
  const waiting = new Waiting();
  const { mark } = waiting;
  waiting.signal('q', 1);
  expect(waiting.unclaimedSince(mark, { queues: ['other'], gates: undefined })).toBe(false);
  expect(waiting.unclaimedSince(mark, { queues: ['other', 'q'], gates: undefined })).toBe(true);
  expect(waiting.unclaimedSince(waiting.mark, { queues: ['q'], gates: undefined })).toBe(false);
});

test('closing ends every wait, and later waits end at once', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, [], woken, 'quiet worker');
  waiting.close();
  park(waiting, ['q'], woken, 'late');
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['quiet worker:undefined', 'late:undefined']);
});

test('a waiter that leaves is deleted from its queues', () => {
  const waiting = new Waiting();
  const { waiter } = park(waiting, ['q'], [], 'a');
  expect(waiting.size).toBe(1);
  waiting.leave(waiter);
  expect(waiting.size).toBe(0);
  expect(waiting.withoutWaiters(['q'])).toEqual(['q']);
});

test('signals of more than 10,000 queues are not all kept, and no fetch misses one for that', () => {
  const waiting = new Waiting();
  const before = waiting.mark;
  waiting.signal('early', 1);
  for (let index = 0; index < 10_000; index++) waiting.signal(`q${index}`, 1);
  expect(waiting.unclaimedSince(before, { queues: ['early'], gates: undefined })).toBe(true);
  const after = waiting.mark;
  waiting.signal('late', 1);
  expect(waiting.unclaimedSince(after, { queues: ['late'], gates: undefined })).toBe(true);
  expect(waiting.unclaimedSince(after, { queues: ['early'], gates: undefined })).toBe(false);
});

const slots = (key: string, limit = 1): Gates =>
  new Map([['q', [{ gate: 'slots', key, limit, span: 1000 }]]]);

function parkGated(waiting: Waiting, gates: Gates, woken: string[], name: string): void {
  const waiter = waiting.join(['q'], gates);
  void waiting.next(waiter, 2000, never).then((why) => void woken.push(`${name}:${why?.gate}`));
}

test('a signal passes waiters whose gate is closed, until that gate opens', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  for (const name of ['a', 'b', 'c']) parkGated(waiting, slots(name), woken, name);
  waiting.noteClosed(new Map([['q', 'a']]), waiting.openings);
  waiting.signal('q', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['b:undefined']);
  waiting.signal('q', 1, 'a');
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['b:undefined', 'a:a']);
});

test('an opening without a job wakes no waiter, and the next job does', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  parkGated(waiting, slots('a'), woken, 'a');
  waiting.noteClosed(new Map([['q', 'a']]), waiting.openings);
  waiting.signal('q', 0, 'a');
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual([]);
  waiting.signal('q', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:undefined']);
});

test('a gate that was met closed before an opening is not taken for closed', () => {
  const waiting = new Waiting();
  const before = [waiting.mark, waiting.openings] as const;
  waiting.signal('q', 1, 'a');
  waiting.noteClosed(new Map([['q', 'a']]), before[1]);
  expect(waiting.unclaimedSince(before[0], { queues: ['q'], gates: slots('a') })).toBe(true);
});

test('a signal for a closed queue is no reason for its fetch to try again', () => {
  const waiting = new Waiting();
  const { mark } = waiting;
  waiting.noteClosed(new Map([['q', 'a']]), waiting.openings);
  waiting.signal('q', 1);
  expect(waiting.unclaimedSince(mark, { queues: ['q'], gates: slots('a') })).toBe(false);
  expect(waiting.unclaimedSince(mark, { queues: ['q'], gates: slots('b') })).toBe(true);
});

test.each<[string, Gates, string[]]>([
  ['skips a queue whose sleeping waiter has the same gate', slots('a'), []],
  ['looks into a queue whose sleeping waiter has another gate', slots('b'), ['q']],
  ['looks into a queue whose sleeping waiter has another limit', slots('a', 2), ['q']],
])('a new fetch %s', (_, gates, queues) => {
  const waiting = new Waiting();
  parkGated(waiting, slots('a'), [], 'a');
  expect(waiting.withoutWaiters(['q'], gates)).toEqual(queues);
  expect(waiting.withoutWaiters(['q'])).toEqual(['q']);
});

test('a new fetch with gates skips a queue whose sleeping waiter has none', () => {
  const waiting = new Waiting();
  park(waiting, ['q'], [], 'a');
  expect(waiting.withoutWaiters(['q'], slots('a'))).toEqual([]);
});
