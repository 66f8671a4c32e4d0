import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { given, runOne } from '../test/given.ts';
import type { JobContext } from './context.ts';
import type { AnyMiddleware, Middleware } from './middleware.ts';

const done = { to: 'done' };

describe('middleware', () => {
  test('runs around the handler in its order, with the same context', async () => {
    const seen: string[] = [];
    const noting = (name: string): AnyMiddleware => {
      return async ({ jid }, next) => {
        seen.push(`${name} in ${jid}`);
        await next();
        seen.push(`${name} out`);
      };
    };
    const middleware = [noting('a'), noting('b')];
    expect(await runOne(() => seen.push('run'), given(), { middleware })).toEqual(done);
    expect(seen).toEqual(['a in jid-00001', 'b in jid-00001', 'run', 'b out', 'a out']);
  });

  test('a middleware that throws, at once or later, fails the job', async () => {
    const throws: AnyMiddleware = () => {
      throw new RangeError('far');
    };
    const rejects: AnyMiddleware = async (_context, next) => {
      await next();
      throw new RangeError('far');
    };
    for (const middleware of [throws, rejects]) {
      expect(await runOne(() => 1, given(), { middleware: [middleware] })).toMatchObject({
        failure: { errtype: 'RangeError' },
      });
    }
  });

  test('a middleware that never calls next() succeeds', async () => {
    const ran: string[] = [];
    expect(await runOne(() => ran.push('run'), given(), { middleware: [() => undefined] })).toEqual(done);
    expect(ran).toEqual([]);
  });

  test('a middleware that swallows the error of the handler succeeds', async () => {
    const middleware: AnyMiddleware[] = [(_context, next) => next().catch(() => undefined)];
    expect(await runOne(() => Promise.reject(new Error('no')), given(), { middleware })).toEqual(done);
  });

  test('next() a second time throws, and the handler runs once', async () => {
    let runs = 0;
    const twice: AnyMiddleware = async (_context, next) => {
      await next();
      await next();
    };
    const outcome = await runOne(() => runs++, given(), { middleware: [twice] });
    expect(outcome).toMatchObject({ failure: { message: 'a middleware called next() a second time' } });
    expect(runs).toBe(1);
  });

  test('the run waits for what next() started, and its failure counts, even without an await', async () => {
    const seen: string[] = [];
    const slow = async (): Promise<void> => {
      await new Promise(setImmediate);
      seen.push('run');
      throw new RangeError('far');
    };
    const hasty: AnyMiddleware = (_context, next) => void next();
    expect(await runOne(slow, given(), { middleware: [hasty] })).toMatchObject({
      failure: { errtype: 'RangeError' },
    });
    expect(seen).toEqual(['run']);
  });

  test.each<[string, AnyMiddleware]>([
    ['returns nothing', (_context, next) => void next()],
    ['returns a promise', async (_context, next) => void next()],
  ])('a handler that throws at once fails its job, also under a middleware that %s', async (_what, hasty) => {
    const throws = (): never => {
      throw new RangeError('far');
    };
    expect(await runOne(throws, given(), { middleware: [hasty] })).toMatchObject({
      failure: { errtype: 'RangeError' },
    });
  });

  test('the run waits for a handler whose middleware has stopped waiting', async () => {
    const seen: string[] = [];
    const slow = async (): Promise<void> => {
      await new Promise(setImmediate);
      seen.push('run');
    };
    const racing: AnyMiddleware = (_context, next) => Promise.race([next(), Promise.resolve()]);
    expect(await runOne(slow, given(), { middleware: [racing] })).toEqual(done);
    expect(seen).toEqual(['run']);
  });

  test('AsyncLocalStorage of a middleware reaches the handler', async () => {
    const store = new AsyncLocalStorage<string>();
    const middleware: AnyMiddleware[] = [({ jid }, next) => store.run(jid, next)];
    let seen: string | undefined;
    const run = async (): Promise<void> => {
      await new Promise(setImmediate);
      seen = store.getStore();
    };
    await runOne(run, given(), { middleware });
    expect(seen).toBe('jid-00001');
  });
});

test('types: a check of the jobtype narrows the arguments', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Ping: [];
  }
  const middleware: Middleware<Jobs> = ({ job }, next) => {
    // @ts-expect-error the jobtype has not been checked
    const [_to]: [string, number] = job.args;
    if (job.jobtype === 'SendEmail') expectTypeOf(job.args[1]).toEqualTypeOf<number>();
    else expectTypeOf(job.args.length).toEqualTypeOf<0>();
    return next();
  };
  expectTypeOf(middleware).toBeFunction();
  expectTypeOf<(context: JobContext, next: () => Promise<void>) => void>().toExtend<Middleware<Jobs>>();
});
