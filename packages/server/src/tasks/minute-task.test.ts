import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Jobs } from '../jobs/jobs.ts';
import { MinuteTask } from './minute-task.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function makeTask() {
  const calls: string[] = [];
  const time = { now: 1_000_000_000 };
  const left = { rows: 0 };
  const expire = (what: string, rows: () => number) => async (limit: number) => {
    const gone = Math.min(limit, rows());
    left.rows -= gone;
    calls.push(`${what} ${gone}`);
    return gone;
  };
  const jobs = {
    engine: { figures: { meter: { evicted: 0 } }, clock: () => time.now, handleDue: vi.fn(async () => 0) },
    finder: { expireUndo: vi.fn(expire('changes', () => Math.min(left.rows, 500))) },
    history: {
      record: vi.fn(async () => void calls.push('record')),
      expire: vi.fn(expire('history', () => left.rows)),
    },
  };
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const task = new MinuteTask(jobs as unknown as Jobs, 10, log);
  return { calls, time, left, jobs, log, task };
}

test('each minute stores history once, then deletes expired data until none is left', async () => {
  const { calls, time, left, task } = makeTask();
  left.rows = 1500;
  task.start();
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls).toEqual(['record', 'changes 500', 'changes 500', 'changes 500', 'changes 0', 'history 0']);
  time.now += 60_000_000;
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls.slice(6)).toEqual(['record', 'changes 0', 'history 0']);
  await task.stop();
  time.now += 60_000_000;
  await vi.advanceTimersByTimeAsync(5000);
  expect(calls).toHaveLength(9);
});

test('history that could not be stored is tried again a minute later', async () => {
  const { calls, time, jobs, log, task } = makeTask();
  jobs.history.record.mockRejectedValueOnce(new Error('disk full'));
  task.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(log.error).toHaveBeenCalledWith(expect.stringContaining('disk full'));
  time.now += 60_000_000;
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toEqual(['record', 'changes 0', 'history 0']);
  await task.stop();
});

test('evicted dead jobs are logged once a minute and at the stop', async () => {
  const { time, jobs, log, task } = makeTask();
  task.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(log.warn).not.toHaveBeenCalled();
  jobs.engine.figures.meter.evicted = 500;
  await vi.advanceTimersByTimeAsync(5000);
  jobs.engine.figures.meter.evicted = 700;
  time.now += 60_000_000;
  await vi.advanceTimersByTimeAsync(1000);
  expect(log.warn.mock.calls).toEqual([
    [expect.stringContaining('700 of the oldest dead jobs deleted: dead keeps at most 10'), { evicted: 700 }],
  ]);
  jobs.engine.figures.meter.evicted = 701;
  await task.stop();
  expect(log.warn).toHaveBeenLastCalledWith(expect.stringContaining('1 of the oldest'), { evicted: 1 });
});
