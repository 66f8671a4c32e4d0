import { expect, test } from 'vitest';
import { QueueLimits } from './queue-limits.ts';

test('without limits everything is open', () => {
  const limits = new QueueLimits(new Map());
  expect(limits.any).toBe(false);
  expect(limits.open(['a', 'b'], 100)).toEqual({ names: ['a', 'b'], count: 100 });
});

test('a queue is asked for no more than its limit leaves, and a full queue does not delay others', () => {
  const limits = new QueueLimits(new Map([['a', 3]]));
  expect(limits.open(['a', 'b'], 100)).toEqual({ names: ['a', 'b'], count: 3 });
  limits.take('a');
  limits.take('b');
  expect(limits.open(['a', 'b'], 100)).toEqual({ names: ['a', 'b'], count: 2 });
  limits.take('a');
  limits.take('a');
  expect(limits.open(['a', 'b'], 100)).toEqual({ names: ['b'], count: 100 });
  limits.end('a');
  expect(limits.open(['a'], 100)).toEqual({ names: ['a'], count: 1 });
});

test('jobs of an unanswered fetch count as fetched', () => {
  const limits = new QueueLimits(new Map([['a', 2]]));
  limits.ask(['a', 'b'], 2);
  expect(limits.open(['a'], 1).names).toEqual([]);
  limits.answered(['a', 'b'], 2);
  expect(limits.open(['a'], 1).names).toEqual(['a']);
});
