import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { given, runnerOf, runOne } from '../test/given.ts';
import type { JobContext } from './context.ts';
import { JobTimeout } from './job-errors.ts';

const done = { to: 'done' };

describe('running a job', () => {
  test('the handler gets the context and the arguments', async () => {
    const seen: unknown[] = [];
    const handler = (context: JobContext, ...args: unknown[]): unknown => seen.push(context.jid, ...args);
    expect(await runOne(handler, given({ args: [1, { two: 2 }] }))).toEqual(done);
    expect(seen).toEqual(['jid-00001', 1, { two: 2 }]);
  });

  test('a throw, a rejection and a thenable that settles twice each give one failure', async () => {
    const handlers = {
      Throws: () => {
        throw new RangeError('far');
      },
      Rejects: () => Promise.reject(new RangeError('far')),
      Thenable: () => ({
        // biome-ignore lint/suspicious/noThenProperty: a promise of another library
        then: (_done: unknown, fail: (error: Error) => void) => {
          fail(new RangeError('far'));
          fail(new Error('twice'));
        },
      }),
    };
    for (const jobtype of Object.keys(handlers)) {
      expect(await runnerOf(handlers).run(given({ jobtype }))).toMatchObject({
        failure: { errtype: 'RangeError', message: 'far' },
      });
    }
  });

  test.each([
    ['a string', 'no', { errtype: 'NotAnError', message: 'no' }],
    ['undefined', undefined, { errtype: 'NotAnError', message: 'undefined' }],
    ['a cyclic object', cyclic(), { errtype: 'NotAnError' }],
    ['a huge message', new Error('x'.repeat(10_000_000)), { errtype: 'Error', message: 'x'.repeat(1000) }],
  ])('%s that is thrown is a failure', async (_what, thrown, failure) => {
    expect(await runOne(() => Promise.reject(thrown))).toMatchObject({ to: 'failed', failure });
  });

  test('a constructor that throws fails the job', async () => {
    class Broken {
      constructor() {
        throw new RangeError('far');
      }
      run(): void {}
    }
    expect(await runOne(Broken)).toMatchObject({ failure: { errtype: 'RangeError' } });
  });

  test('a jobtype without a handler fails with its name and the names of the handlers', async () => {
    const message = 'this worker has no handler for jobtype "C"; it has A, B';
    expect(await runnerOf({ A: () => 1, B: () => 2 }).run(given({ jobtype: 'C' }))).toMatchObject({
      failure: { errtype: 'UnknownJobtype', message },
    });
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'the inherited property %s is no handler',
    async (jobtype) => {
      expect(await runnerOf({ A: () => 1 }).run(given({ jobtype }))).toMatchObject({
        failure: { errtype: 'UnknownJobtype' },
      });
    },
  );
});

function cyclic(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}

describe('arguments checked at run', () => {
  test('the handler gets the arguments that the check returns', async () => {
    const seen: unknown[] = [];
    const checkArguments = async (jobtype: string, args: readonly unknown[]): Promise<unknown[]> => [
      jobtype,
      ...args,
    ];
    const handler = (_context: JobContext, ...args: unknown[]): unknown => seen.push(...args);
    expect(await runOne(handler, given({ args: [1] }), { checkArguments })).toEqual(done);
    expect(seen).toEqual(['Run', 1]);
  });

  test('a job with bad arguments is dead at once, and its handler does not run', async () => {
    let runs = 0;
    const checkArguments = (): never => {
      throw new FaktoryError('INVALID', 'args[0]: expected string, received number');
    };
    expect(
      await runOne(() => runs++, given(), { checkArguments, errors: [[FaktoryError, 'discard']] }),
    ).toEqual({
      to: 'failed',
      fate: 'dead',
      failure: {
        errtype: 'InvalidArguments',
        message: 'args[0]: expected string, received number',
        backtrace: [],
      },
    });
    expect(runs).toBe(0);
  });

  test('a check that throws another error fails the job as usual', async () => {
    const checkArguments = (): unknown[] => JSON.parse('{');
    const outcome = await runOne(() => 1, given(), { checkArguments });
    expect(outcome).toMatchObject({ failure: { errtype: 'SyntaxError' } });
    expect(outcome).not.toHaveProperty('fate');
  });
});

describe('the signal of the slot', () => {
  const reason = new FaktoryError('SHUTDOWN', 'the worker stopped');

  test('settles a run whose handler never settles, and the handler gets the reason', async () => {
    const how = given();
    let heard: unknown;
    const run = ({ signal }: JobContext): Promise<void> => {
      signal.addEventListener('abort', () => {
        heard = signal.reason;
      });
      return new Promise(() => {});
    };
    const outcome = runOne(run, how);
    how.cut(reason);
    expect(await outcome).toMatchObject({ to: 'failed', failure: { errtype: 'WorkerStopped' } });
    expect(heard).toBe(reason);
  });

  test('reaches a handler with limits too', async () => {
    const how = given();
    let heard: unknown;
    const run = ({ signal }: JobContext): Promise<void> => {
      signal.addEventListener('abort', () => {
        heard = signal.reason;
      });
      return new Promise(() => {});
    };
    const outcome = runOne({ run, timeout: 60_000 }, how);
    how.cut(reason);
    await outcome;
    expect(heard).toBe(reason);
  });

  test('when it is aborted before the run, no handler is called', async () => {
    const how = given();
    how.cut(reason);
    let runs = 0;
    expect(await runOne(() => runs++, how)).toMatchObject({ failure: { errtype: 'WorkerStopped' } });
    expect(runs).toBe(0);
  });

  test('no rule is used for a handler that fails after it', async () => {
    const how = given();
    let asked = 0;
    const run = ({ signal }: JobContext): Promise<void> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    const outcome = runOne(run, how, { errors: [[Error, () => void asked++]] });
    how.cut(reason);
    await outcome;
    await new Promise(setImmediate);
    expect(asked).toBe(0);
  });
});

describe('time limits', () => {
  afterEach(() => void vi.useRealTimers());

  function clock(): void {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  }

  /** Throws the reason of the signal once it is aborted. */
  const obedient = ({ signal }: JobContext): Promise<void> =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('I was told to'))),
    );

  test('at its timeout the signal of a handler is aborted; a handler that throws after it fails with JobTimeout', async () => {
    clock();
    let reason: unknown;
    const run = (context: JobContext): Promise<void> => {
      context.signal.addEventListener('abort', () => {
        reason = context.signal.reason;
      });
      return obedient(context);
    };
    const outcome = runOne({ run, timeout: 500 }, given({ backtrace: 5 }));
    await vi.advanceTimersByTimeAsync(500);
    const message = 'the job ran longer than its limit of 500 ms; caused by Error: I was told to';
    expect(await outcome).toMatchObject({ to: 'failed', failure: { errtype: 'JobTimeout', message } });
    expect(reason).toBeInstanceOf(JobTimeout);
    expect(await outcome).toHaveProperty('failure.backtrace.0', expect.stringContaining('run.test.ts'));
  });

  test('a handler that returns after its timeout is done', async () => {
    clock();
    const run = (context: JobContext): Promise<void> => obedient(context).catch(() => undefined);
    const outcome = runOne({ run, timeout: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await outcome).toEqual(done);
  });

  test('errors rules and retryDelay get the JobTimeout', async () => {
    clock();
    const killed = runOne({ run: obedient, timeout: 500, errors: [[JobTimeout, 'kill']] });
    const delayed = runOne({
      run: obedient,
      timeout: 500,
      retryDelay: (_n: number, error: JobTimeout) => error.limit * 10,
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(await killed).toMatchObject({ fate: 'dead' });
    expect(await delayed).toMatchObject({ retryIn: 5 });
  });

  test('at its hard limit a job fails although its handler continues, and that is logged', async () => {
    clock();
    const how = given();
    const outcome = runOne({ run: () => new Promise(() => {}), hardTimeout: 800 }, how);
    await vi.advanceTimersByTimeAsync(800);
    expect(await outcome).toMatchObject({
      to: 'failed',
      failure: { errtype: 'JobTimeout', message: /800 ms/ },
    });
    expect(how.lines).toEqual([
      expect.stringMatching(/^warn the handler did not end at its hard limit of 800 ms/),
    ]);
  });

  test('the hard limit applies whatever the middleware does, and next() rejects with it', async () => {
    clock();
    let heard: unknown;
    const stubborn = async (_context: JobContext, next: () => Promise<void>): Promise<void> => {
      await next().catch((error: unknown) => {
        heard = error;
      });
      await new Promise(() => {});
    };
    const outcome = runOne({ run: () => new Promise(() => {}), hardTimeout: 800 }, given(), {
      middleware: [stubborn],
    });
    await vi.advanceTimersByTimeAsync(800);
    expect(await outcome).toMatchObject({ failure: { errtype: 'JobTimeout' } });
    expect(heard).toBeInstanceOf(JobTimeout);
  });

  test('a handler that ends in time leaves no timer behind', async () => {
    clock();
    expect(await runOne({ run: () => 1, timeout: 500, hardTimeout: 800 })).toEqual(done);
    expect(vi.getTimerCount()).toBe(0);
  });
});
