import type { Failure } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { Outcome, Reservation } from '../engine/engine.ts';
import { outcomeOf, retryDelay } from './fail.ts';
import { lossOf } from './losses.ts';

const NOW = Date.UTC(2026, 0, 2) * 1000;
const rules = { mostAttempts: 0 };

/** A job over several executions: each end changes the failure that the next one reads. */
class Life {
  failure: Partial<Failure> | undefined;
  losses = 0;
  readonly #retry: number;

  constructor(retry = 25, failure?: Partial<Failure>) {
    this.#retry = retry;
    this.failure = failure;
  }

  /** Its reservation expires. */
  lose({ others = 0, leased = true } = {}): Outcome['to'] {
    const held = this.#held(leased, others);
    const loss = lossOf(held, 3);
    const { to } = this.#keep(outcomeOf(held, loss.fault, NOW, rules, 0, loss));
    if (leased) this.losses++;
    return to;
  }

  /** Its handler fails. */
  fail(): Outcome['to'] {
    const fault = { errtype: 'Boom', message: 'it broke', backtrace: [] };
    return this.#keep(outcomeOf(this.#held(true, 0), fault, NOW, rules, 0)).to;
  }

  #held(leased: boolean, others: number): Reservation {
    return {
      ...{
        jid: 'lost-job-1',
        wid: 'w1',
        queue: 'q',
        reservationId: 1,
        takenAt: NOW,
        expiresAt: NOW,
        enqueuedAt: NOW,
      },
      ...{ leased, others, losses: this.losses },
      document: JSON.stringify({ retry: this.#retry, jid: 'lost-job-1', jobtype: 'T', args: [] }),
      failure: this.failure && JSON.stringify(this.failure),
    };
  }

  #keep(outcome: Outcome): Outcome {
    if ('failure' in outcome) this.failure = JSON.parse(outcome.failure) as Failure;
    return outcome;
  }
}

test('a loss shared with other jobs uses no attempt, and its message says so', () => {
  const job = new Life(1);
  expect(job.lose({ others: 4 })).toBe('retries');
  expect(job.failure).toMatchObject({
    errtype: 'WorkerLost',
    message: 'worker w1 sent no beat in time, while it held 4 other jobs; this uses no attempt',
    retry_count: 0,
    remaining: 2,
    shared_losses: 1,
  });
  expect(job.lose({ others: 1 })).toBe('retries');
  expect(job.failure?.message).toContain('1 other job;');
  expect(job.failure).toMatchObject({ retry_count: 1, remaining: 2, shared_losses: 2 });
  // retry 1: one failure is retried, as if there had been no loss.
  expect(job.fail()).toBe('retries');
  expect(job.failure).toMatchObject({ retry_count: 2, remaining: 1, shared_losses: 2, errtype: 'Boom' });
  expect(job.fail()).toBe('dead');
});

test.each([
  [0, 'discarded'],
  [-1, 'dead'],
] as const)(
  'a job with retry %i is retried after a shared loss, but not after its own failure',
  (retry, end) => {
    const job = new Life(retry);
    expect(job.lose({ others: 1 })).toBe('retries');
    expect(job.fail()).toBe(end);
  },
);

test('after a shared loss the retry delay is that of a first failure, however often the job failed', () => {
  const job = new Life(25, { retry_count: 9, remaining: 16, failed_at: '2025-12-31T00:00:00Z' });
  job.lose({ others: 1 });
  expect(Date.parse(job.failure?.next_at ?? '') * 1000 - NOW).toBe(retryDelay(0, 0) * 1_000_000);
  job.fail();
  expect(Date.parse(job.failure?.next_at ?? '') * 1000 - NOW).toBe(retryDelay(10, 0) * 1_000_000);
});

test('shared losses do not count toward the three losses after which a job is dead', () => {
  const job = new Life();
  const ends = [job.lose({ others: 1 }), job.lose({ others: 1 }), job.lose(), job.lose(), job.lose()];
  expect(ends).toEqual(['retries', 'retries', 'retries', 'retries', 'dead']);
  expect(job.failure?.message).toBe(
    'worker w1 sent no beat in time; workers were lost with this job 5 times',
  );
});

test('a job that its workers never run alone is dead after ten losses', () => {
  const job = new Life();
  const ends = Array.from({ length: 10 }, () => job.lose({ others: 1 }));
  expect(ends.filter((end) => end === 'dead')).toHaveLength(1);
  expect(ends.at(-1)).toBe('dead');
  expect(job.failure?.message).toContain('workers were lost with this job 10 times');
});

test('a job of classic workers is dead after ten expired reservations, whatever retries are left', () => {
  const job = new Life();
  const ends = Array.from({ length: 10 }, () => job.lose({ leased: false }));
  expect(ends).toEqual([...Array.from({ length: 9 }, () => 'retries'), 'dead']);
  expect(job.failure).toMatchObject({
    errtype: 'ReservationExpired',
    message: 'Faktory job reservation expired; that happened to this job 10 times',
    retry_count: 9,
    expirations: 10,
  });
});

test('an expired reservation without a lease uses an attempt, as in Faktory', () => {
  const job = new Life(1);
  expect([job.lose({ leased: false }), job.lose({ leased: false })]).toEqual(['retries', 'dead']);
});

test('invalid counts in a failure that a producer sent are ignored', () => {
  const made = { shared_losses: -5, expirations: 'many' } as unknown as Partial<Failure>;
  const job = new Life(25, made);
  job.lose({ others: 1 });
  expect(job.failure).toMatchObject({ shared_losses: 1 });
});
