import { expect, test } from 'vitest';
import { silent } from '../log.ts';
import { type SessionStore, Sessions } from './sessions.ts';

const HOUR = 3_600_000_000; // µs

/** A store and sessions in it. `step` sets the wall clock, as the engine does with what it keeps. */
function scene() {
  const texts = new Map<string, { text: string; at: number; until: number }>();
  const state = { now: 1000 * 24 * HOUR, isFull: false, isBroken: false };
  const store: SessionStore = {
    async share(name, text, lasts) {
      if (state.isFull || state.isBroken) throw new Error('the disk is full');
      if (text === undefined) texts.delete(name);
      else texts.set(name, { text, at: state.now, until: state.now + lasts });
    },
    async shared(prefix) {
      if (state.isBroken) throw new Error('the store cannot be read');
      return new Map([...texts].filter(([name, { until }]) => name.startsWith(prefix) && until > state.now));
    },
  };
  const step = (by: number): void => {
    state.now += by;
    for (const text of texts.values()) Object.assign(text, { at: text.at + by, until: text.until + by });
  };
  const sessions = new Sessions({ store, log: silent, clock: () => state.now });
  const isOpen = async (number: string, of = sessions): Promise<boolean> =>
    (await of.find(number, () => 'secret', false)) !== undefined;
  const another = () => new Sessions({ store, log: silent, clock: () => state.now });
  return { state, step, sessions, isOpen, another };
}

test.each([
  ['forward', 40 * 24 * HOUR],
  ['back', -24 * HOUR],
])('a clock that is set %s ends no session early or late', async (_, by) => {
  const { state, step, sessions, isOpen } = scene();
  const [used, idle] = [await sessions.open('password', 'secret'), await sessions.open('password', 'secret')];
  state.now += 11 * HOUR;
  expect(await isOpen(used)).toBe(true);
  step(by);
  state.now += HOUR - 1;
  expect([await isOpen(used), await isOpen(idle)]).toEqual([true, true]);
  state.now += 12 * HOUR + 1;
  expect([await isOpen(used), await isOpen(idle)]).toEqual([false, false]);
});

test('the logins of one caller end that caller’s oldest sessions and no session of another caller', async () => {
  const { state, sessions, isOpen } = scene();
  const admin = await sessions.open('password', 'secret');
  const own: string[] = [];
  for (let count = 0; count < 103; count++) {
    own.push(await sessions.open('token pusher', 'secret'));
    state.now += 1;
  }
  expect(await isOpen(admin)).toBe(true);
  expect(await Promise.all(own.map((number) => isOpen(number)))).toEqual(own.map((_, at) => at >= 3));
});

test('another server on the store knows a session, and a logout there ends it here', async () => {
  const { sessions, isOpen, another } = scene();
  const number = await sessions.open('password', 'secret');
  const other = another();
  expect(await isOpen(number, other)).toBe(true);
  await other.close(number);
  expect([await isOpen(number), await isOpen(number, other)]).toEqual([false, false]);
});

test('while the store refuses to write, a login works in this process and is stored at its next use', async () => {
  const { state, sessions, isOpen, another } = scene();
  state.isFull = true;
  const number = await sessions.open('password', 'secret');
  expect([await isOpen(number), await isOpen(number, another())]).toEqual([true, false]);
  state.isFull = false;
  state.now += 120_000_000;
  expect(await isOpen(number)).toBe(true);
  expect(await isOpen(number, another())).toBe(true);
});

test('while the store refuses to write, a login works also when the caller has a hundred sessions', async () => {
  const { state, sessions, isOpen } = scene();
  for (let count = 0; count < 101; count++) await sessions.open('password', 'secret');
  state.isFull = true;
  state.now += 1;
  expect(await isOpen(await sessions.open('password', 'secret'))).toBe(true);
});

test('while the store cannot be read, sessions that were used lately stay valid', async () => {
  const { state, sessions, isOpen, another } = scene();
  const number = await sessions.open('password', 'secret');
  state.isBroken = true;
  expect([await isOpen(number), await isOpen(number, another())]).toEqual([true, false]);
});

test('a secret is replaced once, however many requests ask at the same moment', async () => {
  const { state, sessions } = scene();
  const number = await sessions.open('password', 'secret');
  state.now += HOUR + 1;
  const all = await Promise.all([1, 2, 3].map(() => sessions.find(number, () => 'secret', true)));
  expect(all.filter((open) => open?.fresh !== undefined)).toHaveLength(1);
});
