/** When a turn stays open for others, and when it must not. */
import { expect, test } from 'vitest';
import { Gather } from './gather.ts';

test('a lone client never waits', () => {
  const gather = new Gather();
  for (let turn = 0; turn < 100; turn++) expect(gather.wait(1)).toBe(false);
});

test('a turn waits for as many as came last time, and ends when they are there', () => {
  const gather = new Gather(() => 1);
  expect(gather.wait(4)).toBe(false);
  expect(gather.wait(1)).toBe(true);
  expect(gather.wait(3)).toBe(true);
  expect(gather.wait(4)).toBe(false);
});

test('a turn ends after 100 µs, however few have come', () => {
  let now = 1;
  const gather = new Gather(() => now);
  expect(gather.wait(4)).toBe(false);
  expect(gather.wait(1)).toBe(true);
  now += 0.09;
  expect(gather.wait(1)).toBe(true);
  now += 0.02;
  expect(gather.wait(1)).toBe(false);
  expect(gather.wait(1)).toBe(false); // learned: one client is in step now
});

test('two groups that alternate are joined by a turn that waits for more', () => {
  const gather = new Gather(() => 1);
  let turns = 0;
  while (!gather.wait(5)) turns += 1;
  expect(turns).toBeLessThan(20);
  expect(gather.wait(10)).toBe(false);
  expect(gather.wait(9)).toBe(true); // learned: ten clients are in step now
});

test('a turn ends also while its clock stands still', () => {
  const gather = new Gather(() => 1);
  expect(gather.wait(4)).toBe(false);
  let looks = 0;
  while (gather.wait(1) && looks < 10_000) looks += 1;
  expect(looks).toBeLessThan(2000);
});
