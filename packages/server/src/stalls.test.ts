import { expect, test } from 'vitest';
import { silent } from './log.ts';
import { Stalls } from './stalls.ts';

/** A watch whose time is moved by hand. */
function watch(): { stalls: Stalls; lines: string[]; pass(ms: number, processor?: number): void } {
  const lines: string[] = [];
  let [now, used] = [1000, 0];
  const log = { ...silent, warn: (text: string) => void lines.push(text) };
  const stalls = new Stalls(
    log,
    () => now,
    () => used,
  );
  stalls.look();
  const pass = (ms: number, processor = ms): void => {
    now += ms;
    used += processor;
    stalls.look();
  };
  return { stalls, lines, pass };
}

test('a turn over a second is logged with its verbs, the largest command first, and whose that was', () => {
  const { stalls, lines, pass } = watch();
  stalls.asked('PUSH', 300, 'password');
  stalls.asked('MUTATE', 60, 'token small');
  stalls.asked('MUTATE', 5000, 'token ops');
  pass(1500);
  expect(lines).toEqual([
    'every client waited 1400 ms: the event loop stood still; asked for then: MUTATE ×2 (the largest 5000 characters, from token ops), PUSH ×1 (the largest 300 characters, from password)',
  ]);
});

test('a turn of less than a second is not logged', () => {
  const { stalls, lines, pass } = watch();
  for (const ms of [100, 1100, 150]) {
    stalls.asked('PUSH', 10, 'password');
    pass(ms);
  }
  expect(lines).toEqual([]);
});

test('what was asked for before the turn is named only while it runs', () => {
  const { stalls, lines, pass } = watch();
  stalls.asked('CHANGE', 80, 'password');
  stalls.asked('JOBS', 80, 'password');
  stalls.answered('JOBS');
  pass(100);
  pass(2000);
  expect(lines[0]).toMatch(/asked for then: CHANGE \(still running\)$/);
  stalls.answered('CHANGE');
  pass(100);
  pass(2000);
  expect(lines[1]).toMatch(/no command was running$/);
});

test('a process that got no processor time says so', () => {
  const { lines, pass } = watch();
  pass(3000, 200);
  expect(lines[0]).toContain('the machine or the disk was busy');
});
