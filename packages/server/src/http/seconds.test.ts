/** The last minutes by the second. */
import { expect, test } from 'vitest';
import type { Jobs } from '../jobs/jobs.ts';
import { Seconds } from './seconds.ts';

/** A server whose figures the test sets. */
function fake() {
  const state = { now: 1_781_092_800_000_000, processed: 0, queues: 1, broken: false };
  const asked: string[][] = [];
  const engine = {
    clock: () => state.now,
    figures: { meter: { kinds: () => [{ pushed: 3 }, { pushed: 4 }] } },
    sizes: async () => {
      if (state.broken) throw new Error('disk full');
      return { processed: state.processed, failures: 1 };
    },
    queues: async () => [
      ...Array.from({ length: state.queues }, (_, n) => ({ name: `q${n}`, size: 1, paused: false })),
      { name: 'empty', size: 0, paused: false },
      { name: 'paused', size: 9, paused: true },
    ],
  };
  const jobs = {
    engine,
    latency: async (names: readonly string[]) => {
      asked.push([...names]);
      return Object.fromEntries(names.map((name, n) => [name, n + 2]));
    },
  };
  return { state, asked, seconds: new Seconds(jobs as unknown as Jobs) };
}

test('the last three minutes are kept by the second, oldest first, whether or not somebody looks', async () => {
  const { state, seconds } = fake();
  for (let second = 0; second < 200; second++) {
    state.processed = second;
    await seconds.note();
    state.now += 1_000_000;
  }
  const samples = seconds.read();
  expect(samples).toHaveLength(180);
  expect([samples[0]?.processed, samples.at(-1)?.processed]).toEqual([20, 199]);
  expect(samples.at(-1)).toEqual({
    at: '2026-06-10T12:03:19Z',
    processed: 199,
    failures: 1,
    pushed: 7,
    latency: 2,
  });
});

test('waits are those of queues that have jobs and are not paused, and are not asked for of very many', async () => {
  const { state, asked, seconds } = fake();
  state.queues = 2;
  await seconds.note();
  expect(asked).toEqual([['q0', 'q1']]);
  state.queues = 51;
  await seconds.note();
  expect(asked).toHaveLength(1);
  expect(seconds.read().map(({ latency }) => latency)).toEqual([3, undefined]);
});

test('a second in which the store could not be asked is left out', async () => {
  const { state, seconds } = fake();
  state.broken = true;
  await seconds.note();
  state.broken = false;
  await seconds.note();
  expect(seconds.read()).toHaveLength(1);
});
