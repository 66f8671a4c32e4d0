import { expect, test } from 'vitest';
import { JobTimeout } from '../job-errors.ts';
import { copyError, restoreError } from './error-copy.ts';

/** The error after a copy by structuredClone, as the other thread gets it. */
const travelled = (error: unknown): Error & { errors?: unknown[] } =>
  restoreError(structuredClone(copyError(error)));

test('causes and members arrive with an error, as errors with names and fields', () => {
  class Refused extends Error {
    code = 'ECONNREFUSED';
  }
  const error = travelled(
    Object.assign(new Error('outer', { cause: new AggregateError([new Refused('a1'), 'a2'], 'all') }), {
      status: 503,
    }),
  );
  expect(error).toMatchObject({ message: 'outer', status: 503 });
  const cause = error.cause as Error & { errors: unknown[] };
  expect(cause).toBeInstanceOf(Error);
  expect(cause).toMatchObject({ name: 'AggregateError', message: 'all' });
  expect(cause.errors[0]).toMatchObject({ name: 'Refused', message: 'a1', code: 'ECONNREFUSED' });
  expect(cause.errors[1]).toBe('a2');
});

test('a cause that is an own enumerable field, and one that is no error, arrive', () => {
  expect(travelled(Object.assign(new Error('outer'), { cause: new TypeError('inner') })).cause).toMatchObject(
    {
      name: 'TypeError',
      message: 'inner',
    },
  );
  expect(travelled(new Error('outer', { cause: { status: 503 } })).cause).toEqual({ status: 503 });
  expect(travelled(new Error('outer', { cause: () => 1 })).cause).toMatch(/Function/);
  expect(travelled(new JobTimeout(5, { cause: new Error('inner') })).cause).toMatchObject({
    message: 'inner',
  });
});

test('the copy of a cycle, an endless chain or a value that throws when read ends', () => {
  const loop = new Error('loop');
  loop.cause = new Error('second', { cause: loop });
  expect((travelled(loop).cause as Error).cause).toBeUndefined();
  let far = new Error('level 0');
  for (let level = 1; level <= 10_000; level++) far = new Error(`level ${level}`, { cause: far });
  expect(JSON.stringify(copyError(far)).match(/"message"/g)?.length).toBe(11);
  const trap = new Proxy(new Error('x'), { get: () => JSON.parse('{') });
  expect(travelled(trap).name).toBe('Unreadable');
  expect(travelled(new Error('outer', { cause: trap })).message).toBe('outer');
});
