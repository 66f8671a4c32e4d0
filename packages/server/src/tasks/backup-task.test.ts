import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Backup } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import { BackupTask } from './backup-task.ts';

const hour = 3_600_000_000; // µs
const every = 3_600_000; // ms
let now = 0;
let made: number[] = [];
let there: Backup[] = [];
let failure: FaktoryError | undefined;
const errors: string[] = [];
const log: Logger = { debug() {}, info() {}, warn() {}, error: (text) => void errors.push(text) };

const backupAt = (at: number): Backup => ({ id: `${at}`, bytes: 1, sha256: '', format: 1, jobs: none });
const none = { ready: 0, scheduled: 0, retries: 0, working: 0, dead: 0 };

const jobs = {
  engine: { clock: () => now },
  archive: {
    backups: async () => there,
    backup: async () => {
      if (failure) throw failure;
      made.push(now);
      return backupAt(now);
    },
  },
} as unknown as Jobs;

let task: BackupTask;

beforeEach(() => {
  vi.useFakeTimers();
  now = 100 * hour;
  made = [];
  there = [];
  failure = undefined;
  errors.length = 0;
  task = new BackupTask(jobs, { every, keep: 24 }, log, ({ id }) => Number(id));
});

afterEach(() => {
  task.stop();
  vi.useRealTimers();
});

/** Moves the clock and lets the task compare it. */
async function pass(micros: number): Promise<void> {
  now += micros;
  await vi.advanceTimersByTimeAsync(1000);
}

test('the first backup is made at once, the next one `every` later', async () => {
  await task.start();
  await pass(0);
  expect(made).toEqual([100 * hour]);
  await pass(hour - 1);
  expect(made).toHaveLength(1);
  await pass(1);
  expect(made).toEqual([100 * hour, 101 * hour]);
  expect(task.state).toEqual({ newest: 101 * hour, failure: undefined });
});

test('after a restart the next backup is due as long after the newest one as before', async () => {
  there = [backupAt(now - hour / 2)];
  await task.start();
  await pass(0);
  expect(made).toEqual([]);
  await pass(hour / 2);
  expect(made).toHaveLength(1);
});

test('a newest backup from the future delays the next one by `every` at most', async () => {
  there = [backupAt(now + 1000 * hour)];
  await task.start();
  await pass(hour);
  expect(made).toHaveLength(1);
});

test.each([30 * 24 * hour, -30 * 24 * hour])(
  'a step of the wall clock by %i µs makes no backup earlier or later',
  async (by) => {
    let set = 0;
    task = new BackupTask(
      jobs,
      { every, keep: 24 },
      log,
      ({ id }) => Number(id),
      () => now - set,
    );
    await task.start();
    await pass(0);
    set = by;
    await pass(by + hour - 1);
    expect(made).toHaveLength(1);
    await pass(1);
    expect(made).toHaveLength(2);
  },
);

test('a backup that fails is logged, reported in `state`, and tried again after 300 seconds', async () => {
  failure = new FaktoryError('STORAGE', 'no backup could be made: disk full');
  await task.start();
  await pass(0);
  expect(errors).toEqual([
    expect.stringContaining('disk full; older backups are kept, the next try is in 300 s'),
  ]);
  expect(task.state.failure).toContain('disk full');
  failure = undefined;
  await pass(299_000_000);
  expect(made).toEqual([]);
  await pass(1_000_000);
  expect(made).toHaveLength(1);
  expect(task.state.failure).toBeUndefined();
});

test('a backup that ends because the engine closes is not a failure', async () => {
  failure = new FaktoryError('SHUTDOWN', 'the server stopped');
  await task.start();
  await pass(0);
  expect([errors, task.state.failure]).toEqual([[], undefined]);
});
