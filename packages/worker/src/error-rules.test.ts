import { describe, expect, expectTypeOf, test } from 'vitest';
import { given, runOne } from '../test/given.ts';
import { type ErrorRule, errorRule } from './error-rules.ts';

class Limited extends Error {
  override readonly name = 'Limited';
  readonly wait = 1500;
}
class StrictlyLimited extends Limited {}

const throwing = (error: unknown) => () => Promise.reject(error);

describe('errors', () => {
  test.each([
    ['discard', { fate: 'discarded' }],
    ['kill', { fate: 'dead' }],
    [{ retryIn: 100 }, { retryIn: 1 }],
  ] as const)('%j, also for subclasses', async (ruling, rest) => {
    const errors: ErrorRule[] = [[Limited, ruling]];
    const outcome = await runOne(throwing(new StrictlyLimited('slow down')), given(), { errors });
    expect(outcome).toMatchObject({ to: 'failed', failure: { errtype: 'Limited' }, ...rest });
  });

  test('an error of a class without a rule fails the job as usual', async () => {
    const outcome = await runOne(throwing(new Error('other')), given(), { errors: [[Limited, 'kill']] });
    expect(outcome).toEqual({ to: 'failed', failure: { errtype: 'Error', message: 'other', backtrace: [] } });
  });

  test('the first matching rule decides, the rules of the jobtype before those of the worker', async () => {
    const settings = { run: throwing(new StrictlyLimited()), errors: [[StrictlyLimited, 'discard']] };
    const errors: ErrorRule[] = [
      [Limited, 'kill'],
      [StrictlyLimited, 'retry'],
    ];
    expect(await runOne(settings, given(), { errors })).toMatchObject({ fate: 'discarded' });
    expect(await runOne(settings.run, given(), { errors })).toMatchObject({ fate: 'dead' });
  });

  test("'retry' uses the server's delay, and no further rule is tried", async () => {
    const errors: ErrorRule[] = [
      [Limited, 'retry'],
      [Error, 'kill'],
    ];
    expect(await runOne(throwing(new Limited('x')), given(), { errors })).not.toHaveProperty('fate');
  });

  test('the function of a rule gets the error and the context; when it returns undefined, the next rule is tried', async () => {
    const errors = [
      errorRule(Limited, (error, { attempt }) => (attempt > 1 ? { retryIn: error.wait } : undefined)),
      errorRule(Error, 'kill'),
    ];
    const failure = { retry_count: 0, remaining: 1, failed_at: '2026-01-01T00:00:00Z' };
    const run = throwing(new Limited('x'));
    expect(await runOne(run, given(), { errors })).toMatchObject({ fate: 'dead' });
    expect(await runOne(run, given({ failure }), { errors })).toMatchObject({ retryIn: 2 });
  });

  test.each([
    ['throws', () => JSON.parse('{')],
    ['gives a promise', () => Promise.resolve('kill')],
    ['gives nonsense', () => ({ retryIn: Number.NaN })],
  ])('a rule that %s is told to the log, and the job fails as without it', async (_what, ruling) => {
    const how = given();
    const outcome = await runOne(throwing(new Limited('x')), how, { errors: [[Limited, ruling] as never] });
    expect(outcome).toEqual({ to: 'failed', failure: { errtype: 'Limited', message: 'x', backtrace: [] } });
    expect(how.lines).toEqual([expect.stringMatching(/^warn the errors rule for Limited failed/)]);
  });

  test('a thrown value that cannot be read matches no rule', async () => {
    const evil = new Proxy({}, { getPrototypeOf: () => JSON.parse('{') });
    const outcome = await runOne(throwing(evil), given(), { errors: [[Limited, 'kill']] });
    expect(outcome).toMatchObject({ to: 'failed' });
    expect(outcome).not.toHaveProperty('fate');
  });

  test('errorRule types the error of its function', () => {
    errorRule(Limited, (error) => {
      expectTypeOf(error).toEqualTypeOf<Limited>();
      return { retryIn: error.wait };
    });
  });
});

describe('retryDelay', () => {
  const failing = throwing(new Limited('x'));
  const failure = { retry_count: 1, remaining: 1, failed_at: '2026-01-01T00:00:00Z' };

  test('retryDelay sets the delay of the retry from the failed attempt and its error', async () => {
    const retryDelay = (attempt: number, error: unknown): number => attempt * (error as Limited).wait;
    expect(await runOne({ run: failing, retryDelay }, given({ failure }))).toMatchObject({ retryIn: 5 });
  });

  test('an error rule is used before retryDelay', async () => {
    const settings = { run: failing, retryDelay: () => 1, errors: [[Limited, { retryIn: 9000 }]] };
    expect(await runOne(settings)).toMatchObject({ retryIn: 9 });
  });

  test.each([
    ['no number', () => 'soon'],
    ['a negative number', () => -1],
    ['NaN', () => Number.NaN],
    ['a throw', () => JSON.parse('{')],
  ])('%s is told to the log, and the delay is the server’s', async (_what, retryDelay) => {
    const how = given();
    const outcome = await runOne({ run: failing, retryDelay }, how);
    expect(outcome).toMatchObject({ to: 'failed', failure: { errtype: 'Limited' } });
    expect(outcome).not.toHaveProperty('retryIn');
    expect(how.lines).toEqual([expect.stringMatching(/^warn retryDelay .*server's delay is used/)]);
  });
});
