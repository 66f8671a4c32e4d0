import { afterEach, expect, test, vi } from 'vitest';
import { keptLog } from '../test/given.ts';
import { settings } from './options.ts';
import { Runs } from './runs.ts';

afterEach(() => {
  vi.useRealTimers();
});

function made(handlers: object): { runs: Runs; lines: string[] } {
  const { log, lines } = keptLog();
  return { runs: new Runs(settings({ handlers, log } as never)), lines };
}

const hands = { signal: new AbortController().signal, extend: () => Promise.resolve(true) };

test.each([
  [25, 'warn job failed: RangeError: no'],
  [0, 'warn job failed, discarded by its retry 0: RangeError: no'],
  [-1, 'warn job failed, dead by its retry -1: RangeError: no'],
])('the log says what becomes of a failed job with retry %i', async (retry, line) => {
  const { runs, lines } = made({
    Run: () => {
      throw new RangeError('no');
    },
  });
  await runs.run({ jid: 'jid-00001', jobtype: 'Run', args: ['secret'], retry }, hands);
  expect(lines).toEqual([`${line} {"jid":"jid-00001","jobtype":"Run"}`]);
});

test('a job that runs far longer than its type is logged, without its arguments', async () => {
  vi.useFakeTimers();
  const { runs, lines } = made({ Run: () => undefined });
  const job = { jid: 'jid-00001', jobtype: 'Run', args: ['secret'] };
  await runs.run(job, hands);
  lines.length = 0;
  const startedAt = performance.now();
  runs.watch(() => [{ job, startedAt }]);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(lines).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await runs.close();
  expect(lines).toEqual([
    expect.stringMatching(
      /^warn a job has run for 60 s; the longest of the last jobs of its type took 0\.0 s\. Set hardTimeout to end such jobs/,
    ),
  ]);
  expect(lines[0]).not.toContain('secret');
});
