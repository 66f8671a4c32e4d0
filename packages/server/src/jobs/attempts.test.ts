import type { Attempt } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { Reservation } from '../engine/engine.ts';
import { nextAttempts } from './attempts.ts';

const NOW = Date.UTC(2026, 0, 2) * 1000;
const held: Reservation = {
  jid: 'failed-job',
  wid: 'w1',
  queue: 'q',
  reservationId: 7,
  takenAt: NOW - 2_000_000,
  expiresAt: NOW,
  enqueuedAt: NOW,
  document: '{}',
  failure: undefined,
  leased: false,
  losses: 0,
};

/** The stored attempts after `times` failures. */
function failing(times: number, most: number, backtrace: string[] = []): { text: string; kept: Attempt[] } {
  let attempts: string | undefined;
  for (let n = 1; n <= times; n++) {
    const fault = { errtype: 'Boom', message: `time ${n}`, backtrace };
    attempts = nextAttempts({ ...held, attempts }, fault, n, NOW, most);
  }
  const text = attempts ?? '[]';
  return { text, kept: JSON.parse(text) as Attempt[] };
}

test('an attempt records the worker, its start and end, and the error', () => {
  expect(failing(1, 10, ['a.ts:1']).kept).toEqual([
    {
      n: 1,
      started_at: '2026-01-01T23:59:58Z',
      ended_at: '2026-01-02T00:00:00Z',
      wid: 'w1',
      errtype: 'Boom',
      message: 'time 1',
      backtrace: ['a.ts:1'],
    },
  ]);
  expect(failing(1, 10).kept[0]).not.toHaveProperty('backtrace');
});

test.each([
  [10, 4, [1, 8, 9, 10]],
  [3, 4, [1, 2, 3]],
  [5, 2, [1, 5]],
  [5, 1, [5]],
  [5, 0, []],
])('after %i failures with at most %i stored, the newest and the first one stay', (times, most, numbers) => {
  expect(failing(times, most).kept.map(({ n }) => n)).toEqual(numbers);
});

test('of too long attempts the oldest backtraces are dropped first', () => {
  const { text, kept } = failing(6, 10, Array<string>(50).fill('x'.repeat(200)));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(32 * 1024);
  expect(kept.map(({ n, backtrace }) => [n, backtrace !== undefined])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
    [5, true],
    [6, true],
  ]);
});

test('without backtraces older attempts are dropped, the first one last, and the newest is cut to fit', () => {
  const long = failing(200, 1000, ['é'.repeat(8_000)]);
  expect(Buffer.byteLength(long.text)).toBeLessThanOrEqual(32 * 1024);
  expect([long.kept[0]?.n, long.kept.at(-1)?.n]).toEqual([1, 200]);
  expect(long.kept.at(-1)?.backtrace).toHaveLength(1);
  const huge = failing(3, 10, ['first', 'y'.repeat(40_000)]);
  expect(huge.kept).toMatchObject([{ n: 3, backtrace: ['first'] }]);
});
