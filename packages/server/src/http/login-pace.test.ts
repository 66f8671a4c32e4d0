import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LoginPace } from './login-pace.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Waits so often; gives how many were let on. */
function waiting(pace: LoginPace, count: number, who: string | undefined, address = '192.0.2.1') {
  const socket = new Socket();
  const answered = { count: 0, refused: 0, socket };
  const add = (what: 'count' | 'refused') => () => {
    answered[what] += 1;
  };
  for (let one = 0; one < count; one++) pace.wait(address, who, socket).then(add('count'), add('refused'));
  return answered;
}

test('a caller gets twenty answers to logins a second; the others wait and are not refused', async () => {
  const pace = new LoginPace();
  const logins = waiting(pace, 45, 'password');
  await settled();
  expect(logins.count).toBe(20);
  await vi.advanceTimersByTimeAsync(999);
  expect(logins.count).toBe(20);
  await vi.advanceTimersByTimeAsync(1);
  await settled();
  expect(logins.count).toBe(40);
  await vi.advanceTimersByTimeAsync(1000);
  await settled();
  expect(logins).toMatchObject({ count: 45, refused: 0 });
});

test('neither wrong logins nor those of another name or network delay a right one', async () => {
  const pace = new LoginPace();
  const floods = [waiting(pace, 110, undefined), waiting(pace, 110, 'token one')];
  await settled();
  expect(floods.map(({ count }) => count)).toEqual([20, 20]);
  const right = [waiting(pace, 1, 'token two'), waiting(pace, 1, 'token one', '198.51.100.1')];
  await settled();
  expect(right.map(({ count }) => count)).toEqual([1, 1]);
});

test('logins whose client leaves while they wait make room, and their socket has one listener for all', async () => {
  const pace = new LoginPace();
  waiting(pace, 20, 'password');
  await settled();
  const left = waiting(pace, 100, 'password');
  await settled();
  expect(waiting(pace, 1, 'password')).toMatchObject({ count: 0 });
  expect(left.socket.listenerCount('close')).toBe(1);
  left.socket.destroy();
  await vi.advanceTimersByTimeAsync(0);
  await settled();
  const next = waiting(pace, 20, 'password');
  await vi.advanceTimersByTimeAsync(1000);
  await settled();
  expect(next.count).toBe(20);
});
