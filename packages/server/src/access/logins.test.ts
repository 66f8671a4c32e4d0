import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Logins } from './logins.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const slow: string[] = [];
function fresh(): Logins {
  slow.length = 0;
  return new Logins((address) => slow.push(address));
}

const here = () => false;
const wrong = (logins: Logins, address = '10.0.0.1', check = () => false) =>
  logins.attempt(address, check, here);
/** Fails one after the other; gives the time from each check to the next. */
async function fail(logins: Logins, times: number, address?: string): Promise<number[]> {
  const checks: number[] = [];
  const check = () => {
    checks.push(performance.now());
    return false;
  };
  const all = (async () => {
    for (let time = 0; time < times; time++) await wrong(logins, address, check);
  })();
  while (checks.length < times) await vi.advanceTimersByTimeAsync(10);
  await all;
  return checks.slice(1).map((at, index) => at - (checks[index] ?? 0));
}

test('from the fifth failure in a row on an address waits, twice as long each time and never more than two seconds', async () => {
  expect(await fail(fresh(), 12)).toEqual([0, 0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000]);
  expect(slow).toEqual(['10.0.0.1']);
});

test('a good login among those that wait ends the waiting for all', async () => {
  const logins = fresh();
  await fail(logins, 8);
  const good = Array.from({ length: 5 }, () => logins.attempt('10.0.0.1', () => true, here));
  await vi.advanceTimersByTimeAsync(2000);
  expect(await Promise.all(good)).toEqual([true, true, true, true, true]);
  expect(logins.size).toBe(0);
});

test('a thousand attempts at once are no more guesses than one by one: ten wait, the others are refused unseen', async () => {
  const logins = fresh();
  let looked = 0;
  const check = () => {
    looked += 1;
    return false;
  };
  const all = Array.from({ length: 1000 }, () => wrong(logins, '10.0.0.1', check));
  const settled = Promise.allSettled(all);
  await vi.advanceTimersByTimeAsync(60);
  expect(looked).toBe(5);
  await vi.advanceTimersByTimeAsync(30_000);
  const refused = (await settled).filter(({ status }) => status === 'rejected');
  expect([looked, refused.length]).toEqual([15, 985]);
  expect(refused[0]).toMatchObject({ reason: { code: 'LIMIT' } });
});

test('other addresses do not wait; an IPv6 network is one', async () => {
  const logins = fresh();
  await fail(logins, 6, '2001:db8::1');
  const neighbour = vi.fn(() => true);
  void logins.attempt('2001:db8:0:0:ffff::9', neighbour, here);
  const other = vi.fn(() => true);
  expect(await logins.attempt('2001:db8:0:1::1', other, here)).toBe(true);
  expect(neighbour).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  expect(neighbour).toHaveBeenCalled();
});

test('an address is forgotten after ten minutes, and at most ten thousand are remembered', async () => {
  const logins = fresh();
  for (let host = 0; host < 10_050; host++) await wrong(logins, `10.1.${host >> 8}.${host & 255}`);
  expect(logins.size).toBe(10_000);
  await vi.advanceTimersByTimeAsync(600_001);
  await wrong(logins);
  expect(logins.size).toBe(1);
});

test('who has left is not looked at', async () => {
  const check = vi.fn(() => true);
  expect(await fresh().attempt('10.0.0.1', check, () => true)).toBe(false);
  expect(check).not.toHaveBeenCalled();
});
