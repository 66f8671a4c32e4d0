import { expect, test } from 'vitest';
import { handlerTable } from './handlers.ts';
import { settings, type WorkerOptions } from './options.ts';
import { Worker } from './worker.ts';

const handlers = { Greet: (): void => undefined };
const made = (options: object) => (): unknown => settings({ handlers, ...options } as WorkerOptions);

test('an unknown option is refused at run time, with the option that was probably meant', () => {
  expect(made({ concurency: 3 })).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: 'unknown option concurency; did you mean concurrency?',
    }),
  );
  expect(made({ workers: 3 })).toThrow('unknown option workers; the options are handlers, jobs,');
});

test.each([
  [
    'labels, a string whose letters are no labels',
    { labels: 'blue' },
    "labels must be a list of strings, not 'blue'",
  ],
  [
    'an observer that is a function',
    { observer: () => undefined },
    'observer must be an object with methods',
  ],
  ['jobs that defineJob did not make', { jobs: [{ name: 'Greet' }] }, 'jobs[0] is not a definition'],
  ['one definition outside of a list', { jobs: { jobtype: 'Greet' } }, 'jobs must be a list of definitions'],
  [
    'queues in a Set',
    { queues: new Set(['mail']) },
    "queues is Set(1) { 'mail' }; it must be a name, a list",
  ],
])('a value of the wrong kind is refused: %s', (_name, options, message) => {
  expect(made(options)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(message) }),
  );
});

test('one queue may be given by its name alone', () => {
  expect(settings({ handlers, queues: 'mail' }).queues()).toEqual(['mail']);
});

test('the time limits of the worker apply to jobtypes without their own, and Infinity means no limit', () => {
  const limits = (of: object, options: object = {}): unknown => {
    const { timeout, hardTimeout } = handlerTable({ Run: of }, options).get('Run') ?? {};
    return { timeout, hardTimeout };
  };
  const run = (): void => undefined;
  const both = { timeout: 300, hardTimeout: 500 };
  expect(limits(run, both)).toEqual(both);
  expect(limits({ run, timeout: 100 }, both)).toEqual({ timeout: 100, hardTimeout: 500 });
  expect(limits({ run, hardTimeout: Number.POSITIVE_INFINITY }, both)).toEqual({ timeout: 300 });
  expect(limits({ run, timeout: Number.POSITIVE_INFINITY }, { timeout: Number.POSITIVE_INFINITY })).toEqual(
    {},
  );
});

test("contradicting time limits are refused, also when one is the worker's and one the jobtype's", () => {
  const run = (): void => undefined;
  expect(made({ timeout: 5, hardTimeout: 5 })).toThrow('timeout is 5 and must be less than hardTimeout, 5');
  expect(made({ hardTimeout: 500, handlers: { Run: { run, timeout: 600 } } })).toThrow(
    'handlers.Run.timeout is 600 and must be less than hardTimeout, 500',
  );
  expect(made({ timeout: 0 })).toThrow('timeout is 0; it must be between 1 and');
});

test('a logger without one of the four methods is refused', () => {
  expect(made({ log: { info: () => undefined } })).toThrow('log has no method debug');
});

test('bad times are refused with the value', () => {
  expect(made({ shutdownTimeout: '5' })).toThrow("shutdownTimeout is '5'; it must be between 0 and");
  expect(made({ shutdownTimeout: Number.POSITIVE_INFINITY })).not.toThrow();
});

test.each([[null], [undefined], [5], ['handlers'], [[]]])(
  'a worker made with %j is refused with CONFIG',
  (options) => {
    const text = expect.stringContaining('options must be an object');
    expect(() => new Worker(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: text }),
    );
  },
);

test('limits by queue that are null are refused', () => {
  expect(made({ queueConcurrency: null })).toThrow('queueConcurrency must be limits by queue');
});
