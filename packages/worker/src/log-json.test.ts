import { expect, test, vi } from 'vitest';
import type { Logger } from './log.ts';
import { jsonLogger } from './log-json.ts';

function lines(level: Parameters<typeof jsonLogger>[0], act: (log: Logger) => void): string[] {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  const written: string[] = [];
  act(jsonLogger(level, (line) => written.push(line)));
  vi.useRealTimers();
  return written;
}

function logged(fields: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(lines('info', (log) => log.info('m', fields))[0] ?? '');
}

test('a line is one object with time, level, msg and the fields, and a line end', () => {
  const [line] = lines('info', (log) => log.warn('two\nlines', { jid: 'a-1', ms: 3 }));
  expect(line).toBe(
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","msg":"two\\nlines","jid":"a-1","ms":3}\n',
  );
});

test('an error is written with name, message, stack, code and cause', () => {
  const error = Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E1' });
  expect(logged({ error }).error).toEqual({
    name: 'TypeError',
    message: 'bad',
    stack: error.stack,
    code: 'E1',
    cause: { name: 'Error', message: 'why', stack: expect.any(String) },
  });
});

test('an AggregateError is written with its members', () => {
  const error = new AggregateError([new Error('a1')], 'all');
  expect(logged({ error }).error).toMatchObject({
    message: 'all',
    errors: [{ name: 'Error', message: 'a1' }],
  });
});

test('cycles, BigInts and fields that throw when read do not throw', () => {
  const cyclic: Record<string, unknown> = { n: 1n };
  cyclic.self = [cyclic];
  const trap = {
    get it(): never {
      throw new Error('trap');
    },
  };
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw 'no';
      },
    },
  );
  expect(logged({ cyclic, trap, hostile, fine: 1 })).toMatchObject({
    cyclic: { n: '1', self: ['(circular)'] },
    trap: '(cannot be read: trap)',
    hostile: '(cannot be read: it throws)',
    fine: 1,
  });
  expect(logged(trap)).toMatchObject({ it: '(cannot be read: trap)' });
});

test('an object that occurs twice without a cycle is written twice', () => {
  const twice = { a: 1 };
  expect(logged({ one: twice, two: [twice, twice] })).toMatchObject({ one: twice, two: [twice, twice] });
});

test('dates and other objects with toJSON are written by it', () => {
  expect(logged({ at: new Date(0) })).toMatchObject({ at: '1970-01-01T00:00:00.000Z' });
});

test('fields cannot take the place of time, level and msg', () => {
  expect(logged({ msg: 'x', level: 9, time: 1 })).toMatchObject({
    msg: 'm',
    level: 'info',
    _msg: 'x',
    _level: 9,
    _time: 1,
  });
});

test('levels below the lowest are not written; warnings and errors always are', () => {
  const written = lines('error', (log) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('x');
  });
  expect(written.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
});
