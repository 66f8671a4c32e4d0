import { expect, test, vi } from 'vitest';
import type { Jobs } from '../jobs/jobs.ts';
import { Rates } from './rates.ts';

test('a look that fails, as on a full disk, is left out, and the next one counts again', async () => {
  vi.useFakeTimers();
  let [size, fails, looks] = [0, false, 0];
  const jobs = {
    engine: {
      queues: async () => {
        looks++;
        if (fails) throw new Error('database or disk is full');
        return [{ name: 'a', size }];
      },
      figures: { meter: { kinds: () => [] } },
    },
  } as unknown as Jobs;
  const rates = new Rates(jobs);
  await rates.start();
  fails = true;
  await vi.advanceTimersByTimeAsync(5000); // would end the process if nobody caught it
  [size, fails] = [20, false];
  await vi.advanceTimersByTimeAsync(5000);
  expect(looks).toBe(3);
  expect((await rates.read())('a')).toEqual({ in: 2, out: 0 });
  rates.stop();
  vi.useRealTimers();
});

test('jobs that workers gave back make no rate negative', async () => {
  vi.useFakeTimers();
  let released = 0;
  const kind = { queue: 'a', fetched: 5 };
  const jobs = {
    engine: {
      queues: async () => [{ name: 'a', size: released }],
      figures: { meter: { kinds: () => [{ ...kind, released }] } },
    },
  } as unknown as Jobs;
  const rates = new Rates(jobs);
  await rates.start();
  released = 5;
  await vi.advanceTimersByTimeAsync(5000);
  expect((await rates.read())('a')).toEqual({ in: 1, out: 0 });
  rates.stop();
  vi.useRealTimers();
});
