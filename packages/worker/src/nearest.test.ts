import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const known = ['queues', 'queueOrder', 'url', 'http', 'concurrency'];

test.each([
  ['queue', 'queues'],
  ['QUEUES', 'queues'],
  ['concurency', 'concurrency'],
  ['uri', 'url'],
  ['order', undefined],
  ['x', undefined],
])('%s means %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
