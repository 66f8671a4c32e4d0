import type { QueueRow } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { attention, type Known } from './attention.ts';

const quiet: Known = {
  queues: [],
  kinds: [],
  workers: [],
  backups: undefined,
  storage: [],
  disk: { room: 50_000_000_000, reserve: 0, low: false },
  certificate: undefined,
};
const queue = (more: Partial<QueueRow>): QueueRow => ({
  name: 'q',
  paused: false,
  size: 10,
  priorities: [],
  latency: 0,
  rate_in: 0,
  rate_out: 0,
  workers: 1,
  ...more,
});
const kind = (more: object) => ({
  queue: 'q',
  jobtype: 'A',
  pushed: 0,
  done: 0,
  failed: 0,
  dead: 0,
  ...more,
});
const codes = (known: Partial<Known>): string[] => attention({ ...quiet, ...known }).map(({ code }) => code);

test('where all is well nothing is said', () => {
  expect(
    codes({ queues: [queue({}), queue({ size: 0, workers: 0 })], kinds: [kind({ done: 100, failed: 1 })] }),
  ).toEqual([]);
});

test('a queue with jobs that nobody asks for is said after some seconds', () => {
  expect(codes({ queues: [queue({ workers: 0, latency: 1 })] })).toEqual([]);
  expect(codes({ queues: [queue({ workers: 0, latency: 6 })] })).toEqual(['no_worker']);
});

test('a queue that waits long is said only while it grows', () => {
  expect(codes({ queues: [queue({ latency: 300, rate_in: 1, rate_out: 2 })] })).toEqual([]);
  expect(codes({ queues: [queue({ latency: 300, rate_in: 3, rate_out: 2 })] })).toEqual(['latency']);
});

test('a paused queue is said while it holds jobs, and nothing else of it', () => {
  expect(codes({ queues: [queue({ paused: true, workers: 0, latency: 999 })] })).toEqual(['paused']);
  expect(codes({ queues: [queue({ paused: true, size: 0 })] })).toEqual([]);
});

test('a jobtype that fails often is said once for all its queues, with its share', () => {
  const kinds = [kind({ done: 10, failed: 3 }), kind({ queue: 'r', failed: 7 })];
  const [first] = attention({ ...quiet, kinds });
  expect(first).toEqual({ code: 'failing', severity: 'low', jobtype: 'A', count: 10, share: 0.5 });
});

test('jobs that died are said by jobtype', () => {
  expect(attention({ ...quiet, kinds: [kind({ done: 100, dead: 2 })] })).toMatchObject([
    { code: 'dead', count: 2 },
  ]);
});

test.each([
  [{ age: 60, every: 3600, failed: false }, []],
  [{ age: 7201, every: 3600, failed: false }, ['backup_old']],
  [{ age: undefined, every: 3600, failed: false }, ['backup_none']],
  [{ age: 60, every: 3600, failed: true }, ['backup_failed']],
])('of backups %o it says %o', (backups, said) => {
  expect(codes({ backups })).toEqual(said);
});

test('storage errors that last are said first, each as its own code', () => {
  const found = codes({ storage: ['corrupt', 'locked'], disk: { room: 1, reserve: 0, low: false } });
  expect(found).toEqual(['storage_corrupt', 'storage_locked', 'disk_low']);
});

test('a disk that gets full is said, and that pushes are refused', () => {
  expect(codes({ disk: { room: 500_000_000, reserve: 0, low: false } })).toEqual(['disk_low']);
  expect(codes({ disk: { room: 5e9, reserve: 4e9, low: false } })).toEqual(['disk_low']);
  expect(codes({ disk: { room: 1e9, reserve: 4e9, low: true } })).toEqual(['disk_reserve']);
});

test('a worker that is not heard is said before it is let go', () => {
  expect(
    codes({
      workers: [
        { wid: 'w', silent: 31 },
        { wid: 'v', silent: 16 },
      ],
    }),
  ).toEqual(['worker_silent']);
});

test('the worst stands first, and no more than fifty are said', () => {
  const queues = Array.from({ length: 100 }, (_, index) =>
    queue({ name: `q${index}`, paused: index > 0, latency: 9, workers: 0 }),
  );
  const said = attention({ ...quiet, queues });
  expect(said).toHaveLength(50);
  expect(said[0]).toMatchObject({ code: 'no_worker', queue: 'q0' });
});

test('a certificate that expires soon is a line, a high one in its last week and afterwards', () => {
  const lines = [20 * 86_400, 6 * 86_400, -1].map((certificate) => attention({ ...quiet, certificate }));
  expect(lines).toEqual([
    [{ code: 'certificate', severity: 'low', seconds: 20 * 86_400 }],
    [{ code: 'certificate', severity: 'high', seconds: 6 * 86_400 }],
    [{ code: 'certificate_expired', severity: 'high' }],
  ]);
});
