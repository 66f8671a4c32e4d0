import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageErrors } from '../engine/storage-errors.ts';
import { StorageWatch } from './storage-watch.ts';

let errors: StorageErrors;
let lines: [string, Record<string, unknown> | undefined][];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
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

const said = (): string[] => lines.map(([text]) => text.slice(0, 34));

test('an error that comes and goes logs a line of each a minute, and the last line is true within a minute', () => {
  const comesAndGoes = (): void => {
    errors.report('full', 'database or disk is full', 2);
    errors.report('full', 'database or disk is full', 2);
    errors.committed();
  };
  for (let times = 0; times < 10; times++) comesAndGoes();
  const [failed, again] = ['storage failed: database or disk is', 'commits succeed again'].map((text) =>
    text.slice(0, 34),
  );
  expect(said()).toEqual([failed, again, failed]);
  vi.advanceTimersByTime(60_000);
  expect(said()).toEqual([failed, again, failed, again]);
  const counted = lines.map(([, fields]) => Number(fields?.refused)).reduce((sum, one) => sum + one);
  expect(counted).toBe(40);
  errors.report('full', 'database or disk is full', 1);
  errors.committed();
  errors.report('full', 'database or disk is full', 1);
  vi.advanceTimersByTime(60_000);
  expect(said().slice(4)).toEqual([failed]);
});

test('a file that is in its place again is named, and no count of commits, because none failed', () => {
  errors.report('lock_gone', '/data/faktory.lock was deleted', 0);
  errors.ended('lock_gone');
  expect(lines[1]).toEqual([
    expect.stringMatching(/^faktory\.lock is in its place again/),
    { kind: 'lock_gone' },
  ]);
});

test('the end of an error names those that remain', () => {
  errors.report('log_gone', '/data/faktory.db-wal was deleted', 0);
  errors.report('locked', 'database is locked', 1);
  errors.committed();
  expect(lines.at(-1)).toEqual([
    'commits succeed again; other storage errors remain: log_gone',
    { kind: 'locked', refused: 0 },
  ]);
});

test('only the worst loss of a file is present, and each is said to have ended when all did', () => {
  errors.report('log_gone', '/data/faktory.db-wal was deleted', 0);
  errors.report('gone', '/data/faktory.db was deleted', 0);
  expect(errors.current()).toEqual(['gone']);
  expect(lines.length).toBe(2);
  errors.ended('gone', 'log_gone', 'lock_gone');
  expect(lines.slice(2).map(([text]) => text.slice(0, 40))).toEqual([
    'faktory.db is in its place again, no pus',
    'faktory.db-wal is in its place again, no',
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
