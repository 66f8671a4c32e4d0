import type { Job } from '@faktory-ts/protocol';
import { describe, expect, test } from 'vitest';
import { given, keptLog, runOne } from '../test/given.ts';
import { createContext, type JobContext } from './context.ts';
import type { Outcome } from './outcome.ts';

function contextOf(job: Partial<Job>): JobContext {
  const source = { ...given(job), end() {} };
  return createContext(source);
}

function failedBefore(times: number): Partial<Job> {
  if (times === 0) return {};
  return { failure: { retry_count: times - 1, remaining: 1, failed_at: '2026-01-01T00:00:00Z' } };
}

describe('the context of a handler', () => {
  test.each([
    { times: 0, attempt: 1, last: false },
    { times: 1, attempt: 2, last: false },
    { times: 25, attempt: 26, last: true },
    { times: 0, retry: 0, attempt: 1, last: true },
    { times: 0, retry: -1, attempt: 1, last: true },
    { times: 0, retry: 1, attempt: 1, last: false },
    { times: 1, retry: 1, attempt: 2, last: true },
    { times: 3, retry: 1, attempt: 4, last: true },
  ])(
    'failed $times times with retry $retry: attempt $attempt, the last: $last',
    ({ times, attempt, last, retry }) => {
      const context = contextOf({ ...failedBefore(times), ...(retry !== undefined && { retry }) });
      expect([context.attempt, context.lastAttempt]).toEqual([attempt, last]);
    },
  );

  test('each log line of a job has jid and jobtype', () => {
    const { log, lines } = keptLog();
    createContext({ ...given({ jid: 'jid-00007' }), log, end() {} }).log.info('here', { n: 1 });
    expect(lines).toEqual(['info here {"jid":"jid-00007","jobtype":"Run","n":1}']);
  });

  test('the context may be destructured', async () => {
    const seen: unknown[] = [];
    const run = ({ jid, job, signal, attempt, extend }: JobContext): void => {
      seen.push(jid, job.jobtype, signal.aborted, attempt, extend(60));
    };
    await runOne(run);
    expect(await Promise.all(seen)).toEqual(['jid-00001', 'Run', false, 1, true]);
  });
});

describe('extend', () => {
  test("extend returns the server's answer", async () => {
    const asked: number[] = [];
    const extend = (seconds: number): Promise<boolean> => Promise.resolve(asked.push(seconds) === 1);
    const context = createContext({ ...given(), extend, end() {} });
    expect([await context.extend(90), await context.extend(90)]).toEqual([true, false]);
    expect(asked).toEqual([90, 90]);
  });

  test.each([0, -1, 1.5, Number.NaN, 86_401, '60'])('extend(%j) is refused', async (seconds) => {
    await expect(contextOf({}).extend(seconds as number)).rejects.toMatchObject({ code: 'INVALID' });
  });
});

const ends: [string, (context: JobContext) => unknown, Outcome][] = [
  ['release', ({ release }) => release(), { to: 'released' }],
  ['discard', ({ discard }) => discard('old news'), failedAs('Discarded', 'old news', { fate: 'discarded' })],
  ['kill', ({ kill }) => kill('no such user'), failedAs('Killed', 'no such user', { fate: 'dead' })],
  ['retryIn', ({ retryIn }) => retryIn(1500, 'busy'), failedAs('RetryIn', 'busy', { retryIn: 2 })],
];

function failedAs(errtype: string, message: string, rest: object): Outcome {
  return { to: 'failed', failure: { errtype, message, backtrace: [] }, ...rest };
}

describe.each(ends)('%s', (_name, end, outcome) => {
  test('ends the job, and no code after it runs', async () => {
    let ranOn = false;
    const run = (context: JobContext): void => {
      end(context);
      ranOn = true;
    };
    expect(await runOne(run)).toEqual(outcome);
    expect(ranOn).toBe(false);
  });

  test('counts when a catch swallows, rethrows or wraps its error', async () => {
    const swallow = async (context: JobContext): Promise<void> => {
      try {
        await end(context);
      } catch {}
    };
    const wrap = async (context: JobContext): Promise<void> => {
      await swallow(context);
      throw new Error('wrapped');
    };
    expect(await runOne(swallow)).toEqual(outcome);
    expect(await runOne(wrap)).toEqual(outcome);
  });

  test('may come from a middleware', async () => {
    const ran: string[] = [];
    const middleware = [(context: JobContext) => end(context)];
    expect(await runOne(() => ran.push('handler'), given(), { middleware })).toEqual(outcome);
    expect(ran).toEqual([]);
  });
});

test('when a handler ends its job twice, the first call counts', async () => {
  const run = ({ release, kill }: JobContext): void => {
    try {
      release();
    } finally {
      kill();
    }
  };
  expect(await runOne(run)).toEqual({ to: 'released' });
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5'])('retryIn(%j) fails the job', async (ms) => {
  const outcome = await runOne(({ retryIn }: JobContext) => retryIn(ms as number));
  expect(outcome).toMatchObject({
    to: 'failed',
    failure: { errtype: 'FaktoryError', message: /retryIn takes/ },
  });
  expect(outcome).not.toHaveProperty('retryIn');
});

test('retryIn(0) retries at once', async () => {
  expect(await runOne(({ retryIn }: JobContext) => retryIn(0))).toMatchObject({ retryIn: 0 });
});
