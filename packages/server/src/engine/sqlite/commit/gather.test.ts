/** Tests how long a turn waits for more operations. */
import { expect, test } from 'vitest';
import { Gather } from './gather.ts';

test('a lone client never waits', () => {
  const gather = new Gather();
  for (let turn = 0; turn < 100; turn++) expect(gather.wait(1)).toBe(false);
});

test('a turn waits until it has as many operations as the last turn had', () => {
  const gather = new Gather(() => 1);
  expect(gather.wait(4)).toBe(false);
  expect(gather.wait(1)).toBe(true);
  expect(gather.wait(3)).toBe(true);
  expect(gather.wait(4)).toBe(false);
});

test('a turn waits at most 100 µs, even with too few operations', () => {
  let now = 1;
  const gather = new Gather(() => now);
  expect(gather.wait(4)).toBe(false);
  expect(gather.wait(1)).toBe(true);
  now += 0.09;
  expect(gather.wait(1)).toBe(true);
  now += 0.02;
  expect(gather.wait(1)).toBe(false);
  expect(gather.wait(1)).toBe(false); // it now expects one operation a turn
});

test('two groups of clients that alternate end up in the same turn', () => {
  const gather = new Gather(() => 1);
  let turns = 0;
  while (!gather.wait(5)) turns += 1;
  expect(turns).toBeLessThan(20);
  expect(gather.wait(10)).toBe(false);
  expect(gather.wait(9)).toBe(true); // it now expects ten operations a turn
});

test('a turn ends even when its clock does not move', () => {
  const gather = new Gather(() => 1);
  expect(gather.wait(4)).toBe(false);
  let looks = 0;
  while (gather.wait(1) && looks < 10_000) looks += 1;
  expect(looks).toBeLessThan(2000);
});
