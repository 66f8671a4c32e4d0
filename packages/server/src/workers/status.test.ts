import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workersStatus } from './status.ts';

test('the event loop runs after each 1,000 jobs, and all jobs are in the answer in their order', async () => {
  const running = Array.from({ length: 3500 }, (_, index) => ({
    jid: `j${index}`,
    jobtype: 'T',
    queue: 'q',
    wid: 'w',
    at: index,
    expiresAt: undefined,
  }));
  let [turns, isDone] = [0, false];
  const answer = workersStatus([], running).finally(() => {
    isDone = true;
  });
  for (; !isDone; turns++) await setImmediate();
  expect(turns).toBeGreaterThanOrEqual(4);
  expect((await answer).others.map(({ jid }) => jid)).toEqual(running.map(({ jid }) => jid));
});
