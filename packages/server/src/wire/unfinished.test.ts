/** Tests the bounds of lines without an end, with a clock that is moved by hand. */
import type { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Sender, Unfinished } from './unfinished.ts';

const KB = 1024;

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

function make(mostBytes: number) {
  const warnings: string[] = [];
  const errors: [string, string][] = [];
  const unfinished = new Unfinished({ warn: (text: string) => void warnings.push(text) }, mostBytes);
  const sender = (name: string): Sender => ({
    cutOff: (error: FaktoryError) => void errors.push([name, error.message]),
  });
  return { unfinished, warnings, sender, errors, closed: () => errors.map(([name]) => name) };
}

test('over the bytes of all connections the longest unfinished line is closed, of equal ones the oldest', () => {
  const { unfinished, sender, closed, errors } = make(100);
  const [a, b, c] = [sender('a'), sender('b'), sender('c')];
  unfinished.note(a, 40);
  unfinished.note(b, 40);
  unfinished.note(c, 20);
  expect(closed()).toEqual([]);
  unfinished.note(c, 21);
  expect(closed()).toEqual(['a']);
  expect(errors[0]?.[1]).toBe(
    'lines without an end have more than 100 bytes together, and yours is the longest with 40; end the line, or send shorter lines',
  );
  expect(unfinished.bytes).toBe(61);
});

test('a line that ends gives its bytes back', () => {
  const { unfinished, sender, closed } = make(100);
  const a = sender('a');
  unfinished.note(a, 90);
  unfinished.note(a, 0);
  unfinished.note(sender('b'), 90);
  expect([closed(), unfinished.bytes]).toEqual([[], 90]);
});

test('a line that grows by less than 256 KiB in 60 s is closed', () => {
  const { unfinished, sender, closed, errors } = make(1e9);
  const slow = sender('slow');
  unfinished.note(slow, 1);
  vi.advanceTimersByTime(59_000);
  unfinished.note(slow, 255 * KB);
  expect(closed()).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(closed()).toEqual(['slow']);
  expect(errors[0]?.[1]).toMatch(/^a line grew by 261120 bytes in 60 s and has no end;/);
});

test('a line that grows by 256 KiB each minute lives', () => {
  const { unfinished, sender, closed } = make(1e9);
  const honest = sender('honest');
  for (let minute = 1; minute <= 30; minute++) {
    unfinished.note(honest, minute * 256 * KB);
    vi.advanceTimersByTime(60_000);
    expect(closed()).toEqual([]);
  }
  vi.advanceTimersByTime(60_000);
  expect(closed()).toEqual(['honest']);
});

test('the time of a line starts when the line before it has ended', () => {
  const { unfinished, sender, closed } = make(1e9);
  const busy = sender('busy');
  for (let lines = 0; lines < 20; lines++) {
    unfinished.note(busy, 100, false);
    vi.advanceTimersByTime(30_000);
  }
  expect(closed()).toEqual([]);
});

test('the log has one line a minute for all closed connections', () => {
  const { unfinished, sender, warnings, closed } = make(10);
  for (let count = 0; count < 5; count++) unfinished.note(sender('x'), 11);
  expect([closed().length, warnings.length]).toEqual([5, 1]);
  vi.advanceTimersByTime(60_000);
  unfinished.note(sender('x'), 11);
  expect(warnings.length).toBe(2);
  expect(warnings[1]).toMatch(/^closed 5 connections that did not end their line/);
});

test('without unfinished lines no timer runs', () => {
  const { unfinished, sender } = make(100);
  const a = sender('a');
  unfinished.note(a, 1);
  expect(vi.getTimerCount()).toBe(1);
  unfinished.note(a, 0);
  expect(vi.getTimerCount()).toBe(0);
});
