import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JobsDesk } from '../test/jobs-desk.ts';
import type { JobContext } from './context.ts';
import { observers } from './observer.ts';
import { Worker } from './worker.ts';

let desk: JobsDesk;

beforeEach(async () => {
  desk = await JobsDesk.open();
});

afterEach(() => desk.server.stop());

function spies() {
  return {
    fetching: vi.fn(),
    fetched: vi.fn(),
    started: vi.fn(),
    ended: vi.fn(),
    beat: vi.fn(),
    lag: vi.fn(),
  };
}

test('an observer gets fetches, jobs with their outcome and time, and beats', async () => {
  const observer = spies();
  const handlers = {
    Run: (_: unknown, fails: boolean) => {
      if (fails) throw new Error('no');
    },
  };
  const worker = new Worker({ url: desk.url, concurrency: 1, handlers, observer });
  desk.give({ args: [false] });
  desk.give({ jid: 'jid-00002', args: [true] });
  await worker.start();
  await vi.waitFor(() => expect(observer.ended).toHaveBeenCalledTimes(2));
  await vi.waitFor(() => expect(observer.lag).toHaveBeenCalledWith(expect.any(Number)));
  expect(observer.started.mock.calls.map(([job]) => job.jid)).toEqual(['jid-00001', 'jid-00002']);
  expect(observer.ended.mock.calls.map(([job, { to }]) => [job.jid, to])).toEqual([
    ['jid-00001', 'done'],
    ['jid-00002', 'failed'],
  ]);
  expect(observer.ended.mock.calls[0]?.[2]).toBeGreaterThanOrEqual(0);
  expect(observer.fetched.mock.calls.slice(0, 2)).toEqual([[1], [1]]);
  expect(observer.fetching.mock.calls.length).toBeGreaterThanOrEqual(2);
  expect(observer.beat).toHaveBeenCalledWith(true);
  await worker.stop();
});

test('an observer gets a failed beat', async () => {
  const observer = spies();
  const handlers = { Run: () => undefined };
  const worker = new Worker({ url: desk.url, handlers, observer, beatInterval: 20 });
  await worker.start();
  desk.answers.set('BEAT', '-ERR not now\r\n');
  await vi.waitFor(() => expect(observer.beat).toHaveBeenCalledWith(false));
  await worker.stop();
});

test('all observers of a list get the end of a run with its failure, and its fate when it is not retried', async () => {
  const [one, two] = [spies(), spies()];
  const handlers = { Run: (context: JobContext) => context.kill('bad order') };
  const worker = new Worker({ url: desk.url, handlers, observer: [one, two] });
  desk.give({ args: [] });
  await worker.start();
  await vi.waitFor(() => expect(two.ended).toHaveBeenCalled());
  const end = { to: 'failed', fate: 'dead', failure: { errtype: 'Killed', message: 'bad order' } };
  for (const { ended } of [one, two]) expect(ended.mock.calls[0]?.[1]).toMatchObject(end);
  await worker.stop();
});

test('several observers get the same events, each those for which it has a method', () => {
  const [one, two] = [spies(), { beat: vi.fn() }];
  const both = observers([one, two, {}]);
  both.fetching?.();
  both.fetched?.(3);
  both.beat?.(true);
  both.lag?.(7);
  expect([one.fetching.mock.calls, one.fetched.mock.calls, one.lag.mock.calls]).toEqual([[[]], [[3]], [[7]]]);
  expect([one.beat.mock.calls, two.beat.mock.calls]).toEqual([[[true]], [[true]]]);
});
