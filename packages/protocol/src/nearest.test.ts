import { expect, test } from 'vitest';
import { nearest, unknownOption } from './nearest.ts';

const known = ['queues', 'queueOrder', 'url', 'http', 'concurrency'];

test.each([
  ['queue', 'queues'],
  ['QUEUES', 'queues'],
  ['concurency', 'concurrency'],
  ['uri', 'url'],
  ['order', undefined],
  ['x', undefined],
  ['queues'.repeat(20), undefined],
])('%s means %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test('an error for an unknown option suggests the nearest one, or lists all', () => {
  expect(unknownOption({ url: '', concurency: 3 }, known)).toBe(
    'unknown option concurency; did you mean concurrency?',
  );
  expect(unknownOption({ order: undefined }, ['url', 'http'], 'worker.')).toBe(
    'unknown option worker.order; the options are url, http',
  );
  expect(unknownOption({ url: '' }, known)).toBeUndefined();
});
