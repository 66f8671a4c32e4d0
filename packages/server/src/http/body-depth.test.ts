import { expect, it } from 'vitest';
import { checkDepth, MOST_LEVELS } from './body-depth.ts';

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

it('64 levels pass and 65 are refused, however many brackets a text or the neighbours have', () => {
  expect(() => checkDepth(`[${deep(63)},"\\"${'['.repeat(100)}",${deep(63)}]`)).not.toThrow();
  expect(() => checkDepth(deep(MOST_LEVELS + 1))).toThrow(/more than 64 levels/);
  expect(() => checkDepth('{"a":'.repeat(65))).toThrow(/more than 64 levels/);
});
