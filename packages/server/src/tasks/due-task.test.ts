import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Jobs } from '../jobs/jobs.ts';
import { silent } from '../log.ts';
import { DueTask } from './due-task.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A fake of `Jobs` with one timed place. `step` sets its clock without moving the timers. */
class Timed {
  step = 0;
  dues: number[] = [];
  done: number[] = [];
  fail = false;

  readonly engine = {
    clock: (): number => Date.now() * 1000 + this.step,
    nextDue: async (): Promise<number | undefined> => this.dues[0],
  };

  async settleDue(_place: string, limit: number): Promise<number> {
    if (this.fail) throw new Error('disk full');
    const due = this.dues.filter((at) => at <= this.engine.clock()).slice(0, limit);
    this.dues = this.dues.slice(due.length);
    for (const at of due) this.done.push(this.engine.clock() - at);
    return due.length;
  }

  /** Adds an entry that is due in `ms` milliseconds, and reports it. */
  add(task: DueTask, ms: number): void {
    const due = this.engine.clock() + ms * 1000;
    this.dues = [...this.dues, due].sort((a, b) => a - b);
    task.notice(due);
  }
}

async function makeTask() {
  const jobs = new Timed();
  const task = new DueTask(jobs as unknown as Jobs, 'scheduled', silent);
  await task.start();
  return { jobs, task };
}

test('an entry is handled at its due time and not before', async () => {
  const { jobs, task } = await makeTask();
  jobs.add(task, 1000);
  await vi.advanceTimersByTimeAsync(999);
  expect(jobs.done).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(jobs.done).toEqual([0]);
});

test('an entry that is due earlier is handled before a later one that came first', async () => {
  const { jobs, task } = await makeTask();
  jobs.add(task, 60_000);
  jobs.add(task, 10);
  await vi.advanceTimersByTimeAsync(10);
  expect(jobs.done).toEqual([0]);
});

test('a step of the clock is noticed within 25 ms', async () => {
  const { jobs, task } = await makeTask();
  jobs.add(task, 3_600_000);
  await vi.advanceTimersByTimeAsync(100);
  jobs.step = 3_600_000_000;
  await vi.advanceTimersByTimeAsync(25);
  expect(jobs.done).toHaveLength(1);
});

test('entries beyond one bite are handled in the same run', async () => {
  const { jobs, task } = await makeTask();
  for (let entry = 0; entry < 12_000; entry++) jobs.dues.push(jobs.engine.clock() + 5000);
  task.notice(jobs.engine.clock() + 5000);
  await vi.advanceTimersByTimeAsync(5);
  expect(jobs.done).toHaveLength(12_000);
  expect(task.figures).toMatchObject({ cycles: 1, moved: 12_000 });
});

test('an entry that was not reported is found within a second', async () => {
  const { jobs, task } = await makeTask();
  jobs.dues.push(jobs.engine.clock() + 300_000);
  await vi.advanceTimersByTimeAsync(1001);
  expect(jobs.done).toEqual([701_000]);
  await task.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('after an error the entries are tried again a second later', async () => {
  const { jobs, task } = await makeTask();
  jobs.fail = true;
  jobs.add(task, 5);
  await vi.advanceTimersByTimeAsync(5);
  jobs.fail = false;
  await vi.advanceTimersByTimeAsync(1000);
  expect(jobs.done).toHaveLength(1);
});

test('a stopped task handles no entry and has no timer', async () => {
  const { jobs, task } = await makeTask();
  jobs.add(task, 5);
  await task.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(jobs.done).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
