import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageErrors } from '../engine/storage-errors.ts';
import { StorageWatch } from './storage-watch.ts';

let errors: StorageErrors;
let lines: [string, Record<string, unknown> | undefined][];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  errors = new StorageErrors();
  lines = [];
  const tell = (text: string, fields?: Record<string, unknown>) => void lines.push([text, fields]);
  new StorageWatch(errors, { debug() {}, info() {}, warn: tell, error: tell });
});
afterEach(() => void vi.useRealTimers());

test('storage errors log one line a kind and minute, and the next line counts the operations since', () => {
  errors.report('locked', 'database is locked', 3);
  errors.report('locked', 'database is locked', 4);
  errors.report('full', 'database or disk is full', 1);
  expect(lines.map(([, fields]) => fields)).toEqual([
    { kind: 'locked', refused: 3 },
    { kind: 'full', refused: 1 },
  ]);
  expect(lines[0]?.[0]).toMatch(/^storage failed: database is locked; .*end that program/);
  vi.advanceTimersByTime(60_000);
  errors.report('locked', 'database is locked', 1);
  expect(lines[2]?.[1]).toEqual({ kind: 'locked', refused: 5 });
});

test('the end of a storage error logs one line for each line of the error', () => {
  errors.report('full', 'database or disk is full', 2);
  errors.report('full', 'database or disk is full', 2);
  errors.committed();
  errors.report('full', 'database or disk is full', 1);
  errors.committed();
  expect(lines.map(([text]) => text.slice(0, 30))).toEqual([
    'storage failed: database or di',
    'commits succeed again',
  ]);
});

test('a lock and a full disk are current until a commit succeeds, an I/O error for 5 minutes, damage until a restart', () => {
  for (const kind of ['locked', 'full', 'io', 'corrupt', 'other'] as const) errors.report(kind, 'broken');
  expect(errors.current()).toEqual(['locked', 'full', 'io', 'corrupt']);
  errors.committed();
  expect(errors.current()).toEqual(['io', 'corrupt']);
  vi.advanceTimersByTime(300_001);
  expect(errors.current()).toEqual(['corrupt']);
});
