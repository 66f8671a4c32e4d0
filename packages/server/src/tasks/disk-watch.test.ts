import type { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Disk, Space } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { DiskWatch } from './disk-watch.ts';

let free: number | Error = 1000;
const diskNow = async (): Promise<Disk> => {
  if (typeof free === 'number') return { free, total: 10_000 };
  throw free;
};
let look = diskNow;
let refusal: FaktoryError | undefined;
const logged: string[] = [];
const log = {
  debug() {},
  info() {},
  warn: (text: string) => void logged.push(text),
  error: (text: string) => void logged.push(text),
};
let inside: Space = { bytes: 0, free: 0, log: 0, canShrink: true };
const jobs = {
  archive: {
    space: async () => inside,
    disk: () => look(),
  },
  refusePushes: (_reason: 'full' | 'gone', error: FaktoryError | undefined) => {
    refusal = error;
  },
} as unknown as Jobs;

beforeEach(() => {
  vi.useFakeTimers();
  free = 1000;
  look = diskNow;
  inside = { bytes: 0, free: 0, log: 0, canShrink: true };
  refusal = undefined;
  logged.length = 0;
});
afterEach(() => void vi.useRealTimers());

/** Sets the free bytes, then lets a second pass. */
async function after(bytes: number | Error): Promise<void> {
  free = bytes;
  await vi.advanceTimersByTimeAsync(1000);
}

function watch(reserve: number): DiskWatch {
  return new DiskWatch(jobs, reserve, log);
}

test('pushes are refused below the reserve and accepted at 1.1 times the reserve, with one log line each', async () => {
  const disk = watch(100);
  await disk.start();
  expect(refusal).toBeUndefined();
  await after(99);
  await after(98);
  expect(refusal).toMatchObject({ code: 'STORAGE' });
  await after(105);
  expect([refusal !== undefined, disk.state]).toMatchObject([true, { free: 105, reserve: 100, low: true }]);
  await after(111);
  expect([refusal, disk.state.low]).toEqual([undefined, false]);
  expect(logged).toEqual([
    expect.stringContaining('pushes are refused'),
    expect.stringContaining('accepted again'),
  ]);
  disk.stop();
});

test('near the reserve the disk is checked ten times a second, one check after the other', async () => {
  let checks = 0;
  let answer: (disk: Disk) => void = () => undefined;
  look = () => {
    checks++;
    return checks < 12
      ? Promise.resolve({ free: 150, total: 10_000 })
      : new Promise((resolve) => (answer = resolve));
  };
  const disk = watch(100);
  await disk.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(checks).toBe(11);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(checks).toBe(12);
  answer({ free: 50, total: 10_000 });
  await vi.advanceTimersByTimeAsync(100);
  expect([checks, refusal !== undefined]).toEqual([13, true]);
  disk.stop();
});

test('pushes are refused from the start if the disk is full then', async () => {
  free = 5;
  await watch(100).start();
  expect(refusal).toBeDefined();
});

test('no push is refused without a reserve, or if the system does not report free space', async () => {
  const none = watch(0);
  await none.start();
  await after(0);
  none.stop();
  free = 1000;
  const silent = watch(100);
  await silent.start();
  await after(new Error('no statfs here'));
  expect([refusal, logged]).toEqual([undefined, []]);
});

test('free space inside the store counts, but the disk must have space for the log', async () => {
  const reserve = 100_000_000;
  const disk = watch(reserve);
  inside = { bytes: 300_000_000, free: 200_000_000, log: 0, canShrink: true };
  free = 50_000_000;
  await disk.start();
  expect([refusal, disk.state.room, disk.tight]).toEqual([undefined, 250_000_000, true]);
  await after(10_000_000);
  expect(refusal?.message).toContain('10 MB are free and 200 MB inside the store');
  inside = { ...inside, log: 16_000_000 };
  await after(10_000_000);
  expect(refusal).toBeUndefined();
  disk.stop();
});
