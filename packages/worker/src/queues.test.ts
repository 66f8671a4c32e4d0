import { describe, expect, test } from 'vitest';
import { type Queues, queueNames, queueOrder } from './queues.ts';

describe('the order of each FETCH', () => {
  test('names stay in strict order', () => {
    const order = queueOrder(['b', 'a']);
    expect([order(), order()]).toEqual([
      ['b', 'a'],
      ['b', 'a'],
    ]);
  });

  test('a string is one queue, not one for each of its letters', () => {
    expect(queueOrder('mail')()).toEqual(['mail']);
    expect(queueNames('mail')).toEqual(['mail']);
  });

  test('weights decide how often a queue is first, and every FETCH names every queue', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const order = queueOrder({ a: 3, b: 1 }, 'strict', random);
    const draws = Array.from({ length: 4000 }, order);
    const first = draws.filter(([name]) => name === 'a').length;
    expect(first / draws.length).toBeCloseTo(0.75, 1);
    expect(draws.every((names) => [...names].sort().join() === 'a,b')).toBe(true);
  });
});

test.each<[string, Queues]>([
  ['no queue', []],
  ['no weight', {}],
  ['a name with a space', ['a b']],
  ['an empty name', { '': 1 }],
  ['a name twice', ['a', 'a']],
  ['a weight of 0', { a: 0 }],
  ['a negative weight', { a: -1 }],
  ['a weight that is none', { a: Number.NaN }],
  ['an endless weight', { a: Number.POSITIVE_INFINITY }],
  ['a Map, which has no keys of its own', new Map([['a', 1]]) as never],
  ['a Set', new Set(['a']) as never],
  ['null', null as never],
  ['a number', 5 as never],
  ['a text with a space', 'a b'],
])('%s is a CONFIG error', (_name, queues) => {
  expect(() => queueOrder(queues)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
});
