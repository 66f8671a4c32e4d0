import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Handler, type Handlers, handlerTable, type JobContext, runJob } from './handlers.ts';
import { silent } from './log.ts';
import { Worker } from './worker.ts';

function context(jobtype: string, args: unknown[] = []): JobContext {
  const job = { jid: 'jid-12345', jobtype, args };
  return { jid: job.jid, job, signal: new AbortController().signal, log: silent };
}

describe('running a job', () => {
  test('the handler gets the context and the arguments', async () => {
    const seen: unknown[] = [];
    const table = handlerTable({ Add: (...given: unknown[]) => seen.push(...given) });
    const asked = context('Add', [1, { two: 2 }]);
    expect(await runJob(table, asked)).toBeUndefined();
    expect(seen).toEqual([asked, 1, { two: 2 }]);
  });

  test('a throw, a rejection and a thenable that rejects are failures', async () => {
    const table = handlerTable({
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
    });
    for (const jobtype of table.keys()) {
      expect(await runJob(table, context(jobtype))).toMatchObject({ errtype: 'RangeError', message: 'far' });
    }
  });

  test('a jobtype without a handler fails with its name and those there are', async () => {
    const failure = await runJob(handlerTable({ A: () => 1, B: () => 2 }), context('C'));
    const message = 'this worker has no handler for jobtype "C"; it has A, B';
    expect(failure).toMatchObject({ errtype: 'UnknownJobtype', message });
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '%s is no handler by itself',
    async (name) => {
      expect(await runJob(handlerTable({ A: () => 1 }), context(name))).toMatchObject({
        errtype: 'UnknownJobtype',
      });
    },
  );
});

describe('types', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Ping: [];
  }

  test('handlers get the arguments of the map', () => {
    expectTypeOf<Handlers<Jobs>['SendEmail']>().toEqualTypeOf<
      Handler<[to: string, id: number]> | undefined
    >();
    expectTypeOf<(context: JobContext, to: string, id: number) => Promise<void>>().toExtend<
      Handler<Jobs['SendEmail']>
    >();
    expectTypeOf<(context: JobContext, to: string) => void>().toExtend<Handler<Jobs['SendEmail']>>();
  });

  test('wrong arguments do not compile', () => {
    expectTypeOf<(context: JobContext, to: number) => void>().not.toExtend<Handler<Jobs['SendEmail']>>();
    expectTypeOf<(context: JobContext, to: string) => void>().not.toExtend<Handler<Jobs['Ping']>>();
    expectTypeOf<{ SendEmail: string }>().not.toExtend<Handlers<Jobs>>();
  });

  test('without a map the arguments are read from the handlers', () => {
    const worker = new Worker({ handlers: { A: (_context, to: string) => to.length, B: () => 1 } });
    expect(worker.state).toBe('new');
  });
});
