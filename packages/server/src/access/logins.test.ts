import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Attempt, Logins } from './logins.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const slow: string[] = [];
function fresh(): Logins {
  slow.length = 0;
  return new Logins((address) => slow.push(address));
}

const all = { limits: undefined };
const some = { limits: 'push' };
type Result = typeof all | typeof some;

/** An attempt of a client of its own, unless `more` says otherwise. */
let last = 0;
const attempt = (logins: Logins, found: Result | undefined, more: Partial<Attempt<Result>> = {}) =>
  logins.attempt<Result>({
    address: '10.0.0.1',
    lane: `client ${++last}`,
    exact: false,
    check: () => found,
    gone: () => false,
    ...more,
  });

/** Fails one after the other; gives the time from each check to the next. */
async function fail(logins: Logins, times: number, more: Partial<Attempt<Result>> = {}): Promise<number[]> {
  const checks: number[] = [];
  const check = (): undefined => void checks.push(performance.now());
  const done = (async () => {
    for (let time = 0; time < times; time++) await attempt(logins, undefined, { check, ...more });
  })();
  while (checks.length < times) await vi.advanceTimersByTimeAsync(10);
  await done;
  return checks.slice(1).map((at, index) => at - (checks[index] ?? 0));
}

/** A client that tries again and again with a wrong secret, as fast as it is answered. */
function persist(
  logins: Logins,
  more: Partial<Attempt<Result>> = {},
): { stop: () => void; refused: () => number } {
  let [on, refused] = [true, 0];
  void (async () => {
    while (on) {
      await attempt(logins, undefined, more).catch(() => (refused += 1));
      await new Promise((resolve) => setTimeout(resolve, 1000)); // its way to the server
    }
  })();
  return { stop: () => (on = false), refused: () => refused };
}

/** How long an attempt takes that is right, in ms; tried again when it is refused. */
async function timeToGetIn(logins: Logins): Promise<number> {
  const begun = performance.now();
  let ended = 0;
  const done = (async () => {
    while (!(await attempt(logins, all, { lane: 'the right one' }).catch(() => undefined)))
      await new Promise((resolve) => setTimeout(resolve, 10));
    ended = performance.now();
  })();
  while (ended === 0) {
    if (performance.now() - begun > 600_000) throw new Error('not let in within ten minutes');
    await vi.advanceTimersByTimeAsync(20);
  }
  await done;
  return ended - begun;
}

test('after five failures an address waits, twice as long each time and never more than two seconds', async () => {
  expect(await fail(fresh(), 12)).toEqual([0, 0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000]);
  expect(slow).toEqual(['10.0.0.1']);
});

test('a right attempt waits for one round, two seconds at most, beside twelve clients that fail again and again', async () => {
  const logins = fresh();
  const old = Array.from({ length: 12 }, () => persist(logins));
  await vi.advanceTimersByTimeAsync(20_000);
  for (let login = 0; login < 20; login++) expect(await timeToGetIn(logins)).toBeLessThanOrEqual(2020);
  expect(old.map(({ refused }) => refused())).toEqual(Array(12).fill(0));
  for (const { stop } of old) stop();
});

test('a client that did not fail comes before eighty that did', async () => {
  const logins = fresh();
  const old = Array.from({ length: 80 }, (_, client) => persist(logins, { lane: `old ${client}` }));
  await vi.advanceTimersByTimeAsync(20_000);
  for (let login = 0; login < 3; login++) {
    expect(await timeToGetIn(logins)).toBeLessThanOrEqual(2020);
    await vi.advanceTimersByTimeAsync(5000);
  }
  for (const { stop } of old) stop();
});

test('an address gets eight guesses a second at most, however many clients it has', async () => {
  const logins = fresh();
  let guesses = 0;
  const check = (): undefined => void guesses++;
  const many = Array.from({ length: 60 }, () => persist(logins, { check }));
  await vi.advanceTimersByTimeAsync(10_000);
  const before = guesses;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(guesses - before).toBeGreaterThan(8 * 10 - 32);
  expect(guesses - before).toBeLessThanOrEqual(8 * 10 + 16);
  for (const { stop } of many) stop();
});

test('a secret that was wrong is refused at once and is no guess, until the secrets change', async () => {
  const logins = fresh();
  const check = vi.fn(() => undefined);
  for (let time = 0; time < 100; time++)
    await attempt(logins, undefined, { lane: 'old', exact: true, check });
  expect([check.mock.calls.length, slow]).toEqual([1, []]);
  logins.secretsChanged();
  expect(await attempt(logins, all, { lane: 'old', exact: true })).toBe(all);
});

test('a login with all rights ends the waiting; one with some does not, for it may go on guessing', async () => {
  const logins = fresh();
  await fail(logins, 8);
  const limited = attempt(logins, some);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await limited).toBe(some);
  expect(logins.isSuspect('10.0.0.1')).toBe(true);
  const good = Array.from({ length: 5 }, () => attempt(logins, all));
  await vi.advanceTimersByTimeAsync(2000);
  expect(await Promise.all(good)).toEqual([all, all, all, all, all]);
  expect(logins.size).toBe(0);
});

test('a thousand attempts at once are no more guesses than one by one: five are checked, fifty wait, the others are refused unseen', async () => {
  const logins = fresh();
  let looked = 0;
  const check = (): undefined => void looked++;
  const settled = Promise.allSettled(
    Array.from({ length: 1000 }, () => attempt(logins, undefined, { check })),
  );
  await vi.advanceTimersByTimeAsync(60);
  expect(looked).toBe(5);
  await vi.advanceTimersByTimeAsync(30_000);
  const refused = (await settled).filter(({ status }) => status === 'rejected');
  expect([looked, refused.length]).toEqual([55, 945]);
  expect(refused[0]).toMatchObject({ reason: { code: 'LIMIT' } });
});

test('other addresses do not wait; an IPv6 network is one', async () => {
  const logins = fresh();
  await fail(logins, 6, { address: '2001:db8::1' });
  const neighbour = vi.fn(() => all);
  void attempt(logins, all, { address: '2001:db8:0:0:ffff::9', check: neighbour });
  expect(await attempt(logins, all, { address: '2001:db8:0:1::1' })).toBe(all);
  expect(neighbour).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  expect(neighbour).toHaveBeenCalled();
});

test('an address is forgotten after ten minutes, and at most ten thousand are remembered', async () => {
  const logins = fresh();
  for (let host = 0; host < 10_050; host++)
    await attempt(logins, undefined, { address: `10.1.${host >> 8}.${host & 255}` });
  expect(logins.size).toBe(10_000);
  await vi.advanceTimersByTimeAsync(600_001);
  await attempt(logins, undefined);
  expect(logins.size).toBe(1);
});

test('a client that has left is not checked', async () => {
  const check = vi.fn(() => all);
  expect(await attempt(fresh(), all, { check, gone: () => true })).toBeUndefined();
  expect(check).not.toHaveBeenCalled();
});
