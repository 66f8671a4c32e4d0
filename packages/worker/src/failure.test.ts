import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { failureOf } from './failure.ts';

class PaymentError extends Error {}

describe('type and message', () => {
  test('the type of an error is its name, or its class for a subclass without a name', () => {
    expect(failureOf(new TypeError('no'))).toEqual({ errtype: 'TypeError', message: 'no', backtrace: [] });
    expect(failureOf(new PaymentError('no')).errtype).toBe('PaymentError');
    const named = Object.assign(new PaymentError('no'), { name: 'Declined' });
    expect(failureOf(named).errtype).toBe('Declined');
  });

  test('an error of another realm is treated as an error', () => {
    expect(failureOf(runInNewContext('new RangeError("far")'))).toMatchObject({
      errtype: 'RangeError',
      message: 'far',
    });
  });

  test('an empty message is replaced by the type', () => {
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

  test('a value that throws when it is read is still a failure', () => {
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

  test("a huge message is cut to the server's limit", () => {
    expect(failureOf(new Error('x'.repeat(50_000_000))).message).toHaveLength(1000);
    expect(failureOf('y'.repeat(50_000_000)).message).toHaveLength(1000);
    expect(failureOf(Object.assign(new Error('m'), { name: 'N'.repeat(500) })).errtype).toHaveLength(100);
  });
});

describe('the causes of an error are part of its failure', () => {
  const because = (text: string, cause: unknown): Error => new Error(text, { cause });

  test('the chain of causes is in the message, with their codes', () => {
    const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause: because('no socket', refused) });
    expect(failureOf(error)).toMatchObject({
      errtype: 'TypeError',
      message: 'fetch failed; caused by Error: no socket; caused by Error ECONNREFUSED: connect refused',
    });
  });

  test('the members of an AggregateError are in the message, which may have no text of its own', () => {
    const error = new AggregateError([new Error('a1'), new RangeError('a2')]);
    expect(failureOf(error)).toMatchObject({
      errtype: 'AggregateError',
      message: 'AggregateError; one of 2: Error: a1; one of 2: RangeError: a2',
    });
    expect(failureOf(because('outer', error)).message).toBe(
      'outer; caused by AggregateError; one of 2: Error: a1; one of 2: RangeError: a2',
    );
  });

  test('a cause that is no error is in the message, an undefined one is not', () => {
    expect(failureOf(because('outer', 'no room')).message).toBe('outer; caused by no room');
    expect(failureOf(because('outer', { status: 503 })).message).toBe('outer; caused by { status: 503 }');
    expect(failureOf(because('outer', undefined)).message).toBe('outer');
  });

  test('a wrapper that repeats the text of its cause adds it once', () => {
    expect(failureOf(because('outer', because('same', new Error('same')))).message).toBe(
      'outer; caused by Error: same',
    );
  });

  test('an endless chain, a cycle and a cause that throws cause no error', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(failureOf(loop).message).toBe('loop');
    let far = new Error('level 0');
    for (let level = 1; level <= 10_000; level++) far = because(`level ${level}`, far);
    expect(failureOf(far).message.match(/caused by/g)).toHaveLength(10);
    const hostile = Object.defineProperty(new Error('outer'), 'cause', { get: () => JSON.parse('{') });
    expect(failureOf(hostile).message).toBe('outer');
    const trap = new Proxy({}, { has: () => true, get: () => JSON.parse('{') });
    expect(failureOf(because('outer', trap)).message).toBe('outer');
    class Endless {
      message = 'x';
      get cause(): unknown {
        return Object.assign(new Endless(), { message: `${this.message}x` });
      }
    }
    const endless = new Endless();
    expect(failureOf(endless).message.match(/caused by/g)).toHaveLength(10);
  });

  test('a huge message leaves room for its cause, and the whole stays within the limits', () => {
    const { message } = failureOf(because('x'.repeat(50_000_000), new Error('y'.repeat(50_000_000))));
    expect(message).toMatch(/^x{500}; caused by Error: y{300}$/);
    const many = Array.from({ length: 100_000 }, (_, index) => new Error(`member ${index}`));
    expect(failureOf(new AggregateError(many, 'all')).message).toMatch(
      /^all; one of 100000: Error: member 0; .*member 9$/,
    );
  });

  test('a field `errors` without errors, as form libraries have, is ignored', () => {
    const error = Object.assign(new Error('form'), { errors: ['name is empty'] });
    expect(failureOf(error).message).toBe('form');
  });

  test('the backtrace has a line for each cause and its frames, within the lines that are asked for', () => {
    const inner = Object.assign(new Error('inner'), {
      stack: 'Error: inner\n    at i1\n    at i2\n    at shared',
    });
    const stack = 'Error: outer\n    at o1\n    at o2\n    at o3\n    at shared';
    const outer = Object.assign(because('outer', inner), { stack });
    const all = ['at o1', 'at o2', 'at o3', 'at shared', 'caused by Error: inner', 'at i1', 'at i2'];
    expect(failureOf(outer, 50).backtrace).toEqual(all);
    expect(failureOf(outer, 4).backtrace).toEqual(['at o1', 'at o2', 'caused by Error: inner', 'at i1']);
    expect(failureOf(outer, 2).backtrace).toEqual(['at o1', 'caused by Error: inner']);
    expect(failureOf(outer, 1).backtrace).toEqual(['at o1']);
  });
});

describe('backtrace', () => {
  test('a backtrace has as many lines as the job asks for, without the message', () => {
    const error = new Error('first\nat second line');
    expect(failureOf(error, 3).backtrace).toHaveLength(3);
    expect(failureOf(error, 3).backtrace[0]).toMatch(/^at .*failure\.test\.ts/);
    expect(failureOf(error).backtrace).toEqual([]);
    expect(failureOf(error, 0).backtrace).toEqual([]);
    expect(failureOf(error, -1).backtrace).toEqual([]);
  });

  test('a backtrace has at most 50 lines, and none without a stack', () => {
    const stack = `Error: x\n${'    at somewhere\n'.repeat(200)}`;
    expect(failureOf(Object.assign(new Error('x'), { stack }), 500).backtrace).toHaveLength(50);
    expect(failureOf({ message: 'x', stack: 7 }, 5).backtrace).toEqual([]);
    expect(failureOf('text', 5).backtrace).toEqual([]);
  });
});
