import { expect, test } from 'vitest';
import { type FieldsFirstLogger, fieldsFirst, type Logger, loggerOf, silent } from './logger.ts';

/** A logger that records the arguments of each call. */
function kept(more: object = {}): { log: FieldsFirstLogger & Logger; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const writer =
    (level: string) =>
    (...given: unknown[]): void =>
      void calls.push([level, ...given]);
  const log = {
    ...{ debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') },
    ...more,
  };
  return { log, calls };
}

const none = (): void => undefined;

test.each([
  ['pino', { child: none, bindings: none }],
  ['bunyan', { child: none, addStream: none }],
])('%s gets the fields first, and a message alone as it is', (_name, marks) => {
  const { log, calls } = kept(marks);
  loggerOf(log).info('hello', { order: 7 });
  loggerOf(log).error('alone');
  expect(calls).toEqual([
    ['info', { order: 7 }, 'hello'],
    ['error', 'alone'],
  ]);
});

test('console, winston and others get the message first', () => {
  const { log, calls } = kept({ child: none });
  loggerOf(log).warn('hello', { order: 7 });
  expect(calls).toEqual([['warn', 'hello', { order: 7 }]]);
  expect(loggerOf(console)).toBe(console);
});

test('fieldsFirst swaps the arguments for a logger of another library', () => {
  const { log, calls } = kept();
  fieldsFirst(log).debug('hello', { order: 7 });
  expect(calls).toEqual([['debug', { order: 7 }, 'hello']]);
});

test('without a logger nothing is logged, and an error for a wrong logger names its missing method', () => {
  expect(loggerOf(undefined)).toBe(silent);
  expect(() => loggerOf({ ...silent, warn: undefined } as unknown as Logger)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('log has no method warn') }),
  );
  expect(() => loggerOf(null as unknown as Logger)).toThrow('log has no method debug');
});
