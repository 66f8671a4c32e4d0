import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silent } from '../log.ts';
import { Sessions } from './sessions.ts';

const HOUR = 3_600_000_000; // µs
const dir = mkdtempSync(join(tmpdir(), 'faktory-sessions-'));

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.each([
  ['forward', 40 * 24 * HOUR],
  ['back', -24 * HOUR],
])('a clock that is set %s ends no session early or late', (_, by) => {
  let now = 1000 * 24 * HOUR;
  const sessions = new Sessions({ dir, log: silent, clock: () => now });
  const isOpen = (number: string): boolean => sessions.find(number, () => 'secret', false) !== undefined;
  const [used, idle] = [sessions.open('password', 'secret'), sessions.open('password', 'secret')];
  now += 11 * HOUR;
  expect(isOpen(used)).toBe(true);
  now += by;
  sessions.clockSet(by);
  now += HOUR;
  expect([isOpen(used), isOpen(idle)]).toEqual([true, true]);
  now += 12 * HOUR + 1;
  expect([isOpen(used), isOpen(idle)]).toEqual([false, false]);
});

test('the logins of one caller end that caller’s oldest sessions and no session of another caller', () => {
  const sessions = new Sessions({ dir, log: silent, clock: () => 1000 * 24 * HOUR });
  const isOpen = (number: string): boolean => sessions.find(number, () => 'secret', false) !== undefined;
  const admin = sessions.open('password', 'secret');
  const own = Array.from({ length: 103 }, () => sessions.open('token pusher', 'secret'));
  expect(isOpen(admin)).toBe(true);
  expect(own.map(isOpen)).toEqual(own.map((_, at) => at >= 3));
});
