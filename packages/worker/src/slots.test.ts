import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { expect, test, vi } from 'vitest';
import type { Outcome } from './outcome.ts';
import { type Hands, Slots } from './slots.ts';

const reason = new FaktoryError('SHUTDOWN', 'no more time');
const job = (jobtype = 'Run'): Job => ({ jid: 'jid-00001', jobtype, args: [] });
const held = (): Promise<boolean> => Promise.resolve(true);

/** Slots whose jobs end when the test ends them. */
function gated(concurrency: number, typeLimits = new Map<string, number>()) {
  const ends: ((outcome: Outcome) => void)[] = [];
  const seen: Hands[] = [];
  const run = (_job: Job, hands: Hands): Promise<Outcome> => {
    seen.push(hands);
    return new Promise((resolve) => ends.push(resolve));
  };
  return { slots: new Slots({ concurrency, typeLimits, run }), ends, seen };
}

test('a job takes a slot until it ends', async () => {
  const { slots, ends } = gated(2);
  const ended = slots.start(job(), held);
  expect([slots.busy, slots.free]).toEqual([1, 1]);
  expect(slots.running()[0]).toMatchObject({ job: { jid: 'jid-00001' }, startedAt: expect.any(Number) });
  ends[0]?.({ to: 'done' });
  expect(await ended).toEqual({ to: 'done' });
  expect([slots.busy, slots.free]).toEqual([0, 2]);
});

test('a type with a limit is admitted up to its limit, other types while there are free slots', async () => {
  const { slots, ends } = gated(3, new Map([['Big', 1]]));
  const ended = slots.start(job('Big'), held);
  expect(slots.admits('Big')).toBe(false);
  expect(slots.admits('Small')).toBe(true);
  ends[0]?.({ to: 'done' });
  await ended;
  expect(slots.admits('Big')).toBe(true);
  for (let count = 0; count < 3; count++) void slots.start(job('Small'), held);
  expect(slots.admits('Big')).toBe(false);
});

test('at the shutdown deadline running jobs and later ones are released with the reason', async () => {
  const { slots, ends, seen } = gated(2, new Map([['Run', 2]]));
  const ended = slots.start(job(), held);
  slots.cut(reason);
  expect(await ended).toMatchObject({ to: 'released', failure: { errtype: 'WorkerStopped' } });
  expect(seen[0]?.signal.reason).toBe(reason);
  expect(slots.busy).toBe(0);
  expect(await slots.start(job(), held)).toMatchObject({
    to: 'released',
    failure: { errtype: 'WorkerStopped' },
  });
  ends[0]?.({ to: 'done' }); // too late: the outcome is reported once
  expect(seen).toHaveLength(1);
});

test('a lost reservation ends only that job, not another one with the same jid', async () => {
  const { slots, ends, seen } = gated(2);
  const [lost, kept] = [job(), job()];
  const ended = slots.start(lost, held);
  const going = slots.start(kept, held);
  slots.lose(lost, reason);
  expect(await ended).toMatchObject({ to: 'released', failure: { errtype: 'WorkerStopped' } });
  expect([seen[0]?.signal.aborted, seen[1]?.signal.aborted]).toEqual([true, false]);
  ends[1]?.({ to: 'done' });
  expect(await going).toEqual({ to: 'done' });
});

test('jobs that took long are returned once, so that the log can name them for a blocked event loop', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { slots, ends } = gated(2);
  const ended = [slots.start(job('Short'), held), slots.start(job('Long'), held)];
  ends[0]?.({ to: 'done' });
  await ended[0];
  vi.advanceTimersByTime(500);
  ends[1]?.({ to: 'done' });
  await ended[1];
  vi.useRealTimers();
  expect(slots.takeLong().map((one) => one.job.jobtype)).toEqual(['Long']);
  expect(slots.takeLong()).toEqual([]);
});
