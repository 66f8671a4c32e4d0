import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { failureOf } from './failure.ts';

class PaymentError extends Error {}

describe('type and message', () => {
  test('an error gives its name, a subclass without one its class', () => {
    expect(failureOf(new TypeError('no'))).toEqual({ errtype: 'TypeError', message: 'no', backtrace: [] });
    expect(failureOf(new PaymentError('no')).errtype).toBe('PaymentError');
    const named = Object.assign(new PaymentError('no'), { name: 'Declined' });
    expect(failureOf(named).errtype).toBe('Declined');
  });

  test('an error of another realm is an error', () => {
    expect(failureOf(runInNewContext('new RangeError("far")'))).toMatchObject({
      errtype: 'RangeError',
      message: 'far',
    });
  });

  test('an empty message becomes the type', () => {
    expect(failureOf(new Error('')).message).toBe('Error');
  });

  const cyclic: Record<string, unknown> = { name: 'loop' };
  cyclic.self = cyclic;
  test.each<[string, unknown, RegExp]>([
    ['a text', 'just text', /^just text$/],
    ['nothing', undefined, /^undefined$/],
    ['null', null, /^null$/],
    ['a number', 42, /^42$/],
    ['a symbol', Symbol('s'), /Symbol\(s\)/],
    ['a cyclic object', cyclic, /Circular/],
    ['an object without a prototype', Object.create(null), /null prototype/],
    ['a message that is no text', { message: 42 }, /message: 42/],
    ['an empty text', '', /empty/],
  ])('%s that was thrown is described', (_name, thrown, message) => {
    expect(failureOf(thrown)).toEqual({
      errtype: 'NotAnError',
      message: expect.stringMatching(message),
      backtrace: [],
    });
  });

  test('what throws when it is looked at is still a failure', () => {
    const hostile = new Proxy(new Error('x'), {
      has: () => true,
      get() {
        throw new Error('hands off');
      },
    });
    expect(failureOf(hostile)).toMatchObject({ errtype: 'Unreadable', message: /hands off/ });
    const unprintable = { [Symbol.for('nodejs.util.inspect.custom')]: () => JSON.parse('{') };
    expect(failureOf(unprintable).errtype).toBe('Unreadable');
  });

  test('a huge message is cut to what the server keeps', () => {
    expect(failureOf(new Error('x'.repeat(50_000_000))).message).toHaveLength(1000);
    expect(failureOf('y'.repeat(50_000_000)).message).toHaveLength(1000);
    expect(failureOf(Object.assign(new Error('m'), { name: 'N'.repeat(500) })).errtype).toHaveLength(100);
  });
});

describe('backtrace', () => {
  test('has as many lines as the job asks for, without the message', () => {
    const error = new Error('first\nat second line');
    expect(failureOf(error, 3).backtrace).toHaveLength(3);
    expect(failureOf(error, 3).backtrace[0]).toMatch(/^at .*failure\.test\.ts/);
    expect(failureOf(error).backtrace).toEqual([]);
    expect(failureOf(error, 0).backtrace).toEqual([]);
    expect(failureOf(error, -1).backtrace).toEqual([]);
  });

  test('has at most 50 lines and none without a stack', () => {
    const stack = `Error: x\n${'    at somewhere\n'.repeat(200)}`;
    expect(failureOf(Object.assign(new Error('x'), { stack }), 500).backtrace).toHaveLength(50);
    expect(failureOf({ message: 'x', stack: 7 }, 5).backtrace).toEqual([]);
    expect(failureOf('text', 5).backtrace).toEqual([]);
  });
});
