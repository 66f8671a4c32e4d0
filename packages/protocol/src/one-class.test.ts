import { expect, test } from 'vitest';
import { oneClass } from './one-class.ts';

/** The class as a module would create it, once for each format that is loaded. */
function load() {
  return class Limited extends Error {
    static {
      oneClass(Limited, 'test.Limited');
    }
  };
}

test('an error is an instance of every copy of its class', () => {
  const [first, second] = [load(), load()];
  expect(first).not.toBe(second);
  expect(new first('x')).toBeInstanceOf(second);
  expect(new second('x')).toBeInstanceOf(first);
});

test('another error, null and a text are not an instance of it', () => {
  const Limited = load();
  for (const other of [new Error('x'), null, undefined, 'x', 5, {}])
    expect(other instanceof Limited).toBe(false);
});

test('an instance of the class is not one of its subclass, and an instance of the subclass is one of every copy of the class', () => {
  const [first, second] = [load(), load()];
  class Deeper extends first {}
  expect(new first('x') instanceof Deeper).toBe(false);
  expect(new Deeper('x')).toBeInstanceOf(Deeper);
  expect(new Deeper('x')).toBeInstanceOf(second);
});

test('the mark is not visible among the fields of an error', () => {
  const Limited = load();
  expect(Object.keys(new Limited('x'))).toEqual([]);
});
