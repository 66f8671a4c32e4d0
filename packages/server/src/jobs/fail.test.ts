import type { Failure } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { Outcome, Reservation } from '../engine/engine.ts';
import { DEAD_FOR, outcomeOf, retryDelay } from './fail.ts';

const NOW = Date.UTC(2026, 0, 2) * 1000;
const error = { errtype: 'Boom', message: 'it broke' };
const fault = { ...error, backtrace: [] };

function held(retry: number, failure?: Partial<Failure>): Reservation {
  const document = JSON.stringify({ retry, jid: 'failed-job', jobtype: 'T', args: [] });
  const times = { reservationId: NOW, takenAt: NOW, expiresAt: NOW, enqueuedAt: NOW };
  return {
    jid: 'failed-job',
    wid: 'w',
    queue: 'q',
    ...times,
    document,
    failure: failure && JSON.stringify(failure),
    leased: false,
    losses: 0,
  };
}

function failureOf(outcome: Outcome): Failure {
  if (outcome.to !== 'retries' && outcome.to !== 'dead') throw new Error(`${outcome.to} keeps no failure`);
  return JSON.parse(outcome.failure) as Failure;
}

test.each([
  [0, 15, 44],
  [1, 16, 74],
  [5, 640, 814],
  [24, 331_791, 332_516],
])('after failure %i the next attempt is due in %i to %i seconds', (count, least, most) => {
  expect(retryDelay(count, 0)).toBe(least);
  expect(retryDelay(count, 0.999_999)).toBe(most);
});

test('a first failure goes to retries with all retries remaining', () => {
  const outcome = outcomeOf(held(25), fault, NOW, { mostAttempts: 0 }, 0);
  expect(outcome).toMatchObject({ to: 'retries', in: 15_000_000 });
  expect(failureOf(outcome)).toEqual({
    retry_count: 0,
    remaining: 25,
    failed_at: '2026-01-02T00:00:00Z',
    next_at: '2026-01-02T00:00:15Z',
    message: 'it broke',
    errtype: 'Boom',
  });
});

test('the arguments of a failed job are not parsed, because they may be megabytes', () => {
  const document =
    '{"retry":3,"jid":"failed-job","queue":"q","jobtype":"T","created_at":"","args":[no JSON]}';
  const outcome = outcomeOf({ ...held(3), document }, fault, NOW, { mostAttempts: 0 }, 0);
  expect(failureOf(outcome)).toMatchObject({ remaining: 3 });
});

test('a later failure adds to the counts, keeps failed_at and stores only the last error', () => {
  const before = {
    retry_count: 3,
    remaining: 22,
    failed_at: '2025-12-31T00:00:00Z',
    message: 'old',
    errtype: 'Old',
  };
  const failure = failureOf(
    outcomeOf(held(25, { ...before, backtrace: ['old'] }), fault, NOW, { mostAttempts: 0 }, 0),
  );
  expect(failure).toMatchObject({ retry_count: 4, remaining: 21, failed_at: '2025-12-31T00:00:00Z' });
  expect(failure).toMatchObject({ message: 'it broke', errtype: 'Boom' });
  expect(failure).not.toHaveProperty('backtrace');
});

test('retry N allows N + 1 executions', () => {
  let failure: Failure | undefined;
  const ends: string[] = [];
  for (let execution = 0; execution < 3; execution++) {
    const outcome = outcomeOf(held(2, failure), fault, NOW, { mostAttempts: 0 }, 0);
    ends.push(outcome.to);
    failure = failureOf(outcome);
  }
  expect(ends).toEqual(['retries', 'retries', 'dead']);
});

test('a job with retry 0 is deleted when it fails', () => {
  expect(outcomeOf(held(0), fault, NOW, { mostAttempts: 0 }, 0)).toEqual({ to: 'discarded', error });
});

test('a job with a negative retry goes to dead at its first failure, for 180 days', () => {
  const outcome = outcomeOf(held(-1), fault, NOW, { mostAttempts: 0 }, 0);
  expect(outcome).toMatchObject({ to: 'dead', in: DEAD_FOR });
  expect(failureOf(outcome)).toMatchObject({ retry_count: 0, remaining: -1 });
  expect(failureOf(outcome)).not.toHaveProperty('next_at');
});

test('an empty failure that a producer sent does not stop the counts', () => {
  expect(failureOf(outcomeOf(held(5, {}), fault, NOW, { mostAttempts: 0 }, 0))).toMatchObject({
    retry_count: 1,
    remaining: 4,
  });
});

test('a worker may ask for discard, for dead, or for its own delay', () => {
  expect(outcomeOf(held(25), { ...fault, fate: 'discard' }, NOW, { mostAttempts: 0 }, 0)).toEqual({
    to: 'discarded',
    error,
  });
  expect(outcomeOf(held(25), { ...fault, retry_in: 7 }, NOW, { mostAttempts: 0 }, 0)).toMatchObject({
    to: 'retries',
    in: 7_000_000,
  });
  const dead = outcomeOf(held(25), { ...fault, fate: 'dead', retry_in: 7 }, NOW, { mostAttempts: 0 }, 0);
  expect(dead).toMatchObject({ to: 'dead', in: DEAD_FOR });
  expect(failureOf(dead)).not.toHaveProperty('next_at');
});

test('a delay that the worker asks for adds no retries', () => {
  const last = { retry_count: 1, remaining: 0 };
  expect(outcomeOf(held(2, last), { ...fault, retry_in: 7 }, NOW, { mostAttempts: 0 }, 0).to).toBe('dead');
  expect(outcomeOf(held(0), { ...fault, retry_in: 7 }, NOW, { mostAttempts: 0 }, 0).to).toBe('discarded');
});
