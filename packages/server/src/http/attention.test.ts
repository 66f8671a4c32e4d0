import type { QueueRow } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { attention, type Known } from './attention.ts';

const quiet: Known = {
  queues: [],
  slots: { all: 0, busy: 0 },
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
  expect(first).toEqual({ code: 'failing', severity: 'medium', jobtype: 'A', count: 10, share: 0.5 });
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
    [{ code: 'certificate', severity: 'medium', seconds: 20 * 86_400 }],
    [{ code: 'certificate', severity: 'high', seconds: 6 * 86_400 }],
    [{ code: 'certificate_expired', severity: 'high' }],
  ]);
});

test('queues that nobody asks for are one line', () => {
  const queues = ['a', 'b', 'c'].map((name) => queue({ name, workers: 0, latency: 9 }));
  expect(attention({ ...quiet, queues })).toEqual([
    { code: 'unserved', severity: 'high', queues: 3, count: 30, seconds: 9 },
  ]);
});

test('full slots are one line for all queues that wait for them, worse with the wait', () => {
  const queues = [queue({ latency: 90, rate_in: 3 }), queue({ name: 'r', latency: 70, rate_in: 3 })];
  const full = { all: 4, busy: 4 };
  expect(attention({ ...quiet, queues, slots: full })).toEqual([
    { code: 'slots_full', severity: 'medium', slots: 4, count: 20, seconds: 90 },
  ]);
  expect(codes({ queues, slots: { all: 4, busy: 3 } })).toEqual(['latency', 'latency']);
  const worse = attention({ ...quiet, queues: [queue({ latency: 900 })], slots: full });
  expect(worse).toMatchObject([{ code: 'slots_full', severity: 'high' }]);
});

test('a backlog that needs long at the present rate is said, also while it shrinks', () => {
  expect(codes({ queues: [queue({ size: 50_000, latency: 20, rate_in: 1, rate_out: 10 })] })).toEqual([
    'backlog',
  ]);
  expect(codes({ queues: [queue({ size: 50_000, latency: 20, rate_in: 1, rate_out: 1000 })] })).toEqual([]);
  expect(codes({ queues: [queue({ size: 900, rate_out: 0.1 })] })).toEqual([]);
});

test('a jobtype that fails often and dies of it is one line', () => {
  expect(attention({ ...quiet, kinds: [kind({ failed: 4, dead: 6 })] })).toEqual([
    { code: 'failing', severity: 'high', jobtype: 'A', count: 10, share: 1, dead: 6 },
  ]);
});
