/** Who is woken, and in which order. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Waiting } from './waiting.ts';

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function park(waiting: Waiting, queues: string[], woken: string[], name: string, signal = never) {
  const place = waiting.join(queues);
  const wait = () => waiting.next(place, 2000, signal).then((queue) => void woken.push(`${name}:${queue}`));
  return { place, wait, done: wait() };
}

test('one waiter is woken per ready job, the longest waiting first', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  for (const name of ['a', 'b', 'c']) park(waiting, ['q'], woken, name);
  waiting.signal('q', 2);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:q', 'b:q']);
});

test('a waiter stands in line for each of its queues', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, ['x', 'y'], woken, 'a');
  waiting.signal('y', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:y']);
});

test('a woken waiter keeps its place in line until it leaves', async () => {
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

test('a wait ends with nothing after its time', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, ['q'], woken, 'a');
  await vi.advanceTimersByTimeAsync(1999);
  expect(woken).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(woken).toEqual(['a:undefined']);
});

test('a wait ends with nothing when its caller is gone, and the next in line is woken instead', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  const gone = new AbortController();
  park(waiting, ['q'], woken, 'a', gone.signal);
  park(waiting, ['q'], woken, 'b');
  gone.abort();
  waiting.signal('q', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['a:undefined', 'b:q']);
});

test('queues in which somebody sleeps are not for newcomers', () => {
  const waiting = new Waiting();
  park(waiting, ['x'], [], 'a');
  expect(waiting.withoutLine(['x', 'y'])).toEqual(['y']);
});

test('a signal between a look and the parking is noticed', () => {
  const waiting = new Waiting();
  const { mark } = waiting;
  waiting.signal('q', 1);
  expect(waiting.unclaimedSince(mark, ['other'])).toBe(false);
  expect(waiting.unclaimedSince(mark, ['other', 'q'])).toBe(true);
  expect(waiting.unclaimedSince(waiting.mark, ['q'])).toBe(false);
});

test('closing ends every wait, and none begins after it', async () => {
  const waiting = new Waiting();
  const woken: string[] = [];
  park(waiting, [], woken, 'quiet worker');
  waiting.close();
  park(waiting, ['q'], woken, 'late');
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(['quiet worker:undefined', 'late:undefined']);
});

test('those who leave are forgotten', () => {
  const waiting = new Waiting();
  const { place } = park(waiting, ['q'], [], 'a');
  expect(waiting.size).toBe(1);
  waiting.leave(place);
  expect(waiting.size).toBe(0);
  expect(waiting.withoutLine(['q'])).toEqual(['q']);
});
