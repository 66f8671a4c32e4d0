/**
 * The live connection, with a fake socket and server and a clock that the test moves.
 *
 * @vitest-environment happy-dom
 */
import type { LiveUpdate } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { live } from './live.ts';

class Socket {
  static readonly OPEN = 1;
  static all: Socket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen = () => {};
  onmessage = (_message: { data: string }) => {};
  onclose = () => {};

  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
    this.onclose();
  }
  opens(): void {
    this.readyState = 1;
    this.onopen();
  }
  says(update: LiveUpdate): void {
    this.onmessage({ data: JSON.stringify(update) });
  }
}

const newest = (): Socket => {
  const socket = Socket.all.at(-1);
  if (!socket) throw new Error('no socket was opened');
  return socket;
};
const stats = (uptime: number): LiveUpdate =>
  JSON.parse(`{"stats":{"at":"2026-11-28T12:00:0${uptime}Z","uptime":${uptime}}}`);
let answers: () => Promise<Response>;
const leave: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Socket);
  answers = () => Promise.reject(new TypeError('refused'));
  vi.stubGlobal('fetch', () => answers());
  Socket.all = [];
  leave.push(live.read('stats'));
  live.start();
});

afterEach(() => {
  for (const one of leave.splice(0)) one();
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('only topics with a reader are requested, and again after a reconnect', async () => {
  newest().opens();
  expect(newest().sent).toEqual(['{"topics":["stats"]}']);
  leave.push(live.read('queues'));
  expect(newest().sent.at(-1)).toBe('{"topics":["stats","queues"]}');
  newest().close();
  await vi.advanceTimersByTimeAsync(700);
  newest().opens();
  expect(Socket.all).toHaveLength(2);
  expect(newest().sent).toEqual(['{"topics":["stats","queues"]}']);
});

test('after a reconnect the first update replaces all rows', async () => {
  const row = (name: string) => JSON.parse(`{"${name}":{"name":"${name}","size":0}}`);
  leave.push(live.read('queues'));
  newest().opens();
  newest().says({ queues: { ...row('a'), ...row('b') } });
  newest().close();
  await vi.advanceTimersByTimeAsync(700);
  newest().opens();
  newest().says({ queues: row('b') });
  newest().says({ queues: row('c') });
  await vi.advanceTimersByTimeAsync(0);
  expect(Object.keys(live.snapshot().queues ?? {})).toEqual(['b', 'c']);
});

test('the state is `lost` from a broken connection until the next one is open', async () => {
  newest().opens();
  expect(live.connectionNow()).toBe('connected');
  newest().close();
  expect(live.connectionNow()).toBe('lost');
  await vi.advanceTimersByTimeAsync(700);
  newest().opens();
  expect(live.connectionNow()).toBe('connected');
});

test('a socket that is silent for ten seconds is closed', async () => {
  newest().opens();
  await vi.advanceTimersByTimeAsync(9000);
  newest().says(stats(1));
  await vi.advanceTimersByTimeAsync(9000);
  expect(live.connectionNow()).toBe('connected');
  await vi.advanceTimersByTimeAsync(1001);
  expect(live.connectionNow()).toBe('lost');
});

test('the page polls where no socket can open, and tries a socket again after 30 seconds', async () => {
  answers = async () => Response.json(stats(2));
  newest().close();
  await vi.advanceTimersByTimeAsync(700);
  newest().close();
  await vi.advanceTimersByTimeAsync(100);
  expect(live.connectionNow()).toBe('polling');
  expect(live.snapshot().stats?.uptime).toBe(2);
  expect(Socket.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(36_000);
  expect(Socket.all).toHaveLength(3);
});

test('a clock set back by an hour does not delay the next attempt to open a socket', async () => {
  answers = async () => Response.json(stats(2));
  newest().close();
  await vi.advanceTimersByTimeAsync(700);
  newest().close();
  await vi.advanceTimersByTimeAsync(100);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(36_000);
  expect(Socket.all).toHaveLength(3);
});

test('an unreachable server is polled ever less often, and a socket opens as soon as it answers', async () => {
  newest().opens();
  newest().close();
  await vi.advanceTimersByTimeAsync(700);
  newest().close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(live.connectionNow()).toBe('lost');
  expect(Socket.all).toHaveLength(2);
  answers = async () => Response.json(stats(3));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(Socket.all).toHaveLength(3);
});
