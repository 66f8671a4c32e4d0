import { expect, test } from 'vitest';
import { queueOrder } from './queues.ts';
import { merged, shares } from './shares.ts';

test('a strict order makes one fetch for all jobs', () => {
  expect(shares(queueOrder(['a', 'b']), 500)).toEqual([{ names: ['a', 'b'], count: 500 }]);
});

test('queues in turn get equal shares, and the remainder goes to the first', () => {
  expect(shares(queueOrder(['a', 'b', 'c'], 'round-robin'), 5)).toEqual([
    { names: ['a', 'b', 'c'], count: 2 },
    { names: ['b', 'c', 'a'], count: 2 },
    { names: ['c', 'a', 'b'], count: 1 },
  ]);
});

test('weights are shares of a large fetch, and the shares add up to it', () => {
  let turn = 0;
  const random = (): number => ((turn++ * 7919) % 1000) / 1000;
  const asked = shares(queueOrder({ a: 3, b: 1 }, 'strict', random), 407);
  expect(asked.reduce((sum, { count }) => sum + count, 0)).toBe(407);
  const of = (name: string): number => asked.find(({ names }) => names[0] === name)?.count ?? 0;
  expect(of('a')).toBeGreaterThan(of('b'));
  expect(of('b')).toBeGreaterThan(0);
});

test('merged lists keep their order, each spread evenly over the whole', () => {
  expect(merged(['a1', 'a2', 'a3', 'a4'], ['b1', 'b2'])).toEqual(['a1', 'b1', 'a2', 'a3', 'b2', 'a4']);
  expect(merged([], ['b1', 'b2'])).toEqual(['b1', 'b2']);
  expect(merged(['a1'], [])).toEqual(['a1']);
  expect(merged(['a1'], ['b1', 'b2', 'b3'])).toEqual(['a1', 'b1', 'b2', 'b3']);
});
