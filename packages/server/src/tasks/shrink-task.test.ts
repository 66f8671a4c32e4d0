import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Space } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { ShrinkTask } from './shrink-task.ts';

const MB = 1024 * 1024;
let space: Space;
let tight = false;
let emptied = 0;
let bites: number[] = [];
const archive = {
  space: async () => space,
  shrink: async (bytes: number) => {
    const given = Math.min(bytes, space.free);
    bites.push(given);
    space = { ...space, free: space.free - given, bytes: space.bytes - given };
    return given;
  },
  emptyLog: async () => void emptied++,
};
const jobs = { archive } as unknown as Jobs;

beforeEach(() => {
  vi.useFakeTimers();
  space = { bytes: 200 * MB, free: 100 * MB, log: MB, canShrink: true };
  tight = false;
  emptied = 0;
  bites = [];
});
afterEach(() => void vi.useRealTimers());

async function seconds(count: number): Promise<void> {
  const task = new ShrinkTask(jobs, () => tight);
  task.start();
  await vi.advanceTimersByTimeAsync(count * 1000);
  await task.stop();
}

test('space that was free for a minute is returned in bites of 512 KiB, except a tenth of the file', async () => {
  await seconds(59);
  expect(bites).toEqual([]);
  await seconds(62);
  expect(space.free).toBe(20 * MB);
  expect(Math.max(...bites)).toBe(MB / 2);
  expect(emptied).toBe(1);
});

test('space that jobs use again within a minute is not returned', async () => {
  const task = new ShrinkTask(jobs, () => tight);
  task.start();
  for (let round = 0; round < 200; round++) {
    space = { ...space, free: round % 30 === 0 ? MB : 100 * MB };
    await vi.advanceTimersByTimeAsync(1000);
  }
  await task.stop();
  expect(bites).toEqual([]);
});

test('all free space is returned at once if the disk is nearly full', async () => {
  tight = true;
  await seconds(3);
  expect(space.free).toBe(0);
});

test('a long log is emptied also in a store that cannot shrink', async () => {
  space = { ...space, canShrink: false, log: 40 * MB };
  await seconds(2);
  expect([bites, emptied]).toEqual([[], 2]);
});
