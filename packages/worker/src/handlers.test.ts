import { describe, expect, expectTypeOf, test } from 'vitest';
import type { JobContext } from './context.ts';
import {
  type Handler,
  type HandlerClass,
  type Handlers,
  handlerTable,
  type InlineSettings,
  type IsolatedSettings,
} from './handlers.ts';
import type { Middleware } from './middleware.ts';
import { Worker } from './worker.ts';

const context = {} as JobContext;

class Greeter {
  readonly greeting = 'hello';
  run(_context: JobContext, name: unknown): string {
    return `${this.greeting} ${String(name)}`;
  }
}

describe('the forms of a handler', () => {
  test.each([
    ['a function', (_context: JobContext, name: unknown) => `hello ${String(name)}`],
    ['a class', Greeter],
    ['an object of a class', new Greeter()],
    ['settings with a function', { run: (_context: JobContext, name: unknown) => `hello ${String(name)}` }],
    ['settings with a class', { run: Greeter, timeout: 5 }],
  ])('%s is called with the context and the arguments', (_form, handler) => {
    expect(handlerTable({ Greet: handler }).get('Greet')?.call?.(context, ['you'])).toBe('hello you');
  });

  test('each job gets a new instance of a class', () => {
    class Counter {
      #count = 0;
      run(): number {
        return ++this.#count;
      }
    }
    const call = handlerTable({ Count: Counter }).get('Count')?.call;
    expect([call?.(context, []), call?.(context, [])]).toEqual([1, 1]);
  });

  test('an undefined entry is no handler', () => {
    expect([...handlerTable({ A: () => 1, B: undefined }).keys()]).toEqual(['A']);
  });

  test('settings of a type are kept', () => {
    const errors = [[RangeError, 'kill']];
    const retryDelay = (): number => 1;
    const settings = { run: () => 1, timeout: 10, hardTimeout: 20, concurrency: 2, errors, retryDelay };
    const { run, ...options } = settings;
    expect(handlerTable({ A: settings }).get('A')).toMatchObject({ jobtype: 'A', ...options });
  });

  test('an isolated handler is given by its file, given as a URL or an absolute path', () => {
    const file = new URL('./resize.js', import.meta.url);
    const table = handlerTable({
      A: { file, isolation: 'thread' },
      B: { file: '/srv/resize.js', isolation: { in: 'process', memoryLimit: 64, recycleAfter: 10 } },
    });
    expect(table.get('A')).toMatchObject({ seating: { in: 'thread', file } });
    expect(table.get('B')?.seating).toMatchObject({ in: 'process', memoryLimit: 64, recycleAfter: 10 });
    expect(table.get('B')?.seating?.file.href).toBe('file:///srv/resize.js');
  });
});

describe('a bad handler is refused with the jobtype and the option', () => {
  const run = (): void => {};
  const file = '/srv/resize.js';
  test.each([
    [5, 'handlers.A must be a function, a class'],
    [null, 'handlers.A must be a function, a class'],
    [new Date(), 'handlers.A must be a function, a class'],
    [class {}, 'handlers.A is a class without a run method'],
    [{ run: class {} }, 'handlers.A.run must be a function, or a class with a run method'],
    [{}, 'handlers.A.run must be a function'],
    [{ run: 5 }, 'handlers.A.run must be a function'],
    [{ run, tiemout: 5 }, 'unknown option handlers.A.tiemout; did you mean timeout?'],
    [{ run, timeout: 0 }, 'handlers.A.timeout is 0; it must be between 1 and'],
    [{ run, hardTimeout: Number.NaN }, 'handlers.A.hardTimeout is NaN; it must be between 1 and'],
    [{ run, hardTimeout: -Infinity }, 'handlers.A.hardTimeout is -Infinity; it must be'],
    [{ run, hardTimeout: '5' }, "handlers.A.hardTimeout is '5'; it must be between 1 and"],
    [{ run, timeout: 5, hardTimeout: 5 }, 'handlers.A.timeout is 5 and must be less than hardTimeout, 5'],
    [{ run, concurrency: 1.5 }, 'handlers.A.concurrency must be a whole number'],
    [{ run, errors: {} }, 'handlers.A.errors must be a list'],
    [{ run, errors: [['RangeError', 'kill']] }, 'handlers.A.errors[0] must begin with a class'],
    [{ run, errors: [[RangeError, 'bury']] }, "handlers.A.errors[0] must end with 'retry'"],
    [{ run, errors: [[RangeError, { retryIn: -1 }]] }, "handlers.A.errors[0] must end with 'retry'"],
    [{ run, retryDelay: 5 }, 'handlers.A.retryDelay must be a function'],
    [{ run, file }, "handlers.A.file needs isolation 'thread' or 'process'"],
    [{ run, isolation: 'thread' }, 'handlers.A.file must be a file: URL or an absolute path'],
    [{ file: './resize.js', isolation: 'thread' }, 'handlers.A.file must be a file: URL or an absolute path'],
    [{ file: 'https://example.com/a.js', isolation: 'thread' }, 'handlers.A.file must be a file: URL'],
    [{ file, isolation: 'fiber' }, "handlers.A.isolation must be 'inline', 'thread', 'process'"],
    [
      { file, isolation: { in: 'thread', memorylimits: 5 } },
      'unknown option handlers.A.isolation.memorylimits; did you mean memoryLimit?',
    ],
    [
      { file, isolation: { in: 'thread', recycleAfter: 0 } },
      'handlers.A.isolation.recycleAfter must be a whole',
    ],
  ])('%j', (handler, message) => {
    expect(() => handlerTable({ A: handler })).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(message) }),
    );
  });
});

describe('types', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Ping: [];
  }

  test('handlers get the arguments of the map', () => {
    expectTypeOf<Handler<[to: string, id: number]>>().toExtend<Handlers<Jobs>['SendEmail']>();
    expectTypeOf<(context: JobContext, to: string, id: number) => Promise<void>>().toExtend<
      Handler<Jobs['SendEmail']>
    >();
    expectTypeOf<(context: JobContext, to: string) => void>().toExtend<Handler<Jobs['SendEmail']>>();
    expectTypeOf<typeof Greeter>().toExtend<HandlerClass<Jobs['SendEmail']>>();
    expectTypeOf<{ run: Handler<[string, number]>; timeout: 5 }>().toExtend<Handlers<Jobs>['SendEmail']>();
  });

  test('handlers get a Date of the map as a string', () => {
    interface Dated {
      Remind: [when: Date, options?: { until: Date }];
    }
    type Remind = Handler<[when: string, options?: { until: string }]>;
    expectTypeOf<Remind>().toExtend<Handlers<Dated>['Remind']>();
    expectTypeOf<(context: JobContext, when: Date) => void>().not.toExtend<Handlers<Dated>['Remind']>();
    const dated: Handlers<Dated> = { Remind: (_context, when) => expectTypeOf(when).toBeString() };
    expectTypeOf(dated).toEqualTypeOf<Handlers<Dated>>();
    const worker = () =>
      // @ts-expect-error a string arrives, which has no getTime()
      new Worker<Dated>({ handlers: { Remind: (_context, when) => void when.getTime() } });
    expectTypeOf(worker).toBeFunction();
    const middleware: Middleware<Dated> = ({ job }) => {
      if (job.jobtype === 'Remind') expectTypeOf(job.args[0]).toBeString();
    };
    expectTypeOf(middleware).toBeFunction();
  });

  test('wrong arguments do not compile', () => {
    expectTypeOf<(context: JobContext, to: number) => void>().not.toExtend<Handler<Jobs['SendEmail']>>();
    expectTypeOf<(context: JobContext, to: string) => void>().not.toExtend<Handler<Jobs['Ping']>>();
    expectTypeOf<{ SendEmail: string }>().not.toExtend<Handlers<Jobs>>();
    expectTypeOf<new () => { run: (context: JobContext, to: number) => void }>().not.toExtend<
      HandlerClass<Jobs['SendEmail']>
    >();
    expectTypeOf<{ run: Handler<[number]> }>().not.toExtend<Handlers<Jobs>['SendEmail']>();
  });

  test('an isolated handler needs a file, an inline one may have none', () => {
    expectTypeOf<{ isolation: 'thread' }>().not.toExtend<IsolatedSettings>();
    expectTypeOf<{ run: Handler; file: string }>().not.toExtend<InlineSettings>();
  });

  test('without a map each handler declares its own arguments', () => {
    const worker = new Worker({
      handlers: {
        A: (_context, to: string) => to.length,
        B: () => 1,
        C: { run: (_context, n: number) => n },
      },
    });
    expect(worker.state).toBe('new');
  });
});
