import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobContext } from '../context.ts';
import { Worker } from '../worker.ts';
import { startTestServer, type TestServer } from './index.ts';

interface Jobs {
  Count: [down: number];
}

let faktory: TestServer;

beforeEach(async () => {
  faktory = await startTestServer();
});

afterEach(() => faktory.stop());

const count = (down: number) => ({ jobtype: 'Count' as const, args: [down] as [number] });

test('all ready jobs run, in their order and in every queue', async () => {
  const seen: number[] = [];
  const client = faktory.client<Jobs>();
  await client.pushBulk([count(1), count(2), { ...count(3), queue: 'other' }]);
  const drained = await faktory.drain<Jobs>({ Count: (_context, n) => void seen.push(n) });
  expect(drained).toMatchObject({ done: 3, failed: 0 });
  expect(seen.filter((n) => n < 3)).toEqual([1, 2]);
  expect(seen).toContain(3);
});

test('jobs that are pushed by jobs run too, also in new queues', async () => {
  const client = faktory.client<Jobs>();
  await client.push(count(3));
  const next = async (_context: JobContext, n: number) => {
    if (n > 0) await client.push({ ...count(n - 1), queue: `queue-${n}` });
  };
  expect(await faktory.drain<Jobs>({ Count: next })).toMatchObject({ done: 4, failed: 0 });
  expect((await faktory.info()).faktory.total_enqueued).toBe(0);
});

test('a drain returns each failed execution with its reason', async () => {
  const client = faktory.client();
  const jid = await client.push({ jobtype: 'Count', args: [7] });
  const other = await client.push({ jobtype: 'Unheard', args: [], retry: 0 });
  const Count = (_context: JobContext, n: unknown) => {
    throw new RangeError(`${n} is too many`);
  };
  expect(await faktory.drain({ Count })).toEqual({
    done: 0,
    failed: 2,
    failures: [
      { jid, jobtype: 'Count', errtype: 'RangeError', message: '7 is too many' },
      {
        jid: other,
        jobtype: 'Unheard',
        errtype: 'UnknownJobtype',
        message: expect.stringContaining('Unheard'),
      },
    ],
  });
  expect((await faktory.drain({ Count })).failures).toEqual([]);
});

test.each(['of the test server', "of the test's own"])(
  'a drain waits for a worker %s, which runs on',
  async (whose) => {
    const client = faktory.client<Jobs>();
    const handlers = {
      Count: async (_context: JobContext, n: number) => {
        if (n > 0) await client.push(count(n - 1));
        else throw new Error('zero');
      },
    };
    const own = new Worker<Jobs>({ url: faktory.url, handlers });
    if (whose === "of the test's own") await own.start();
    await using worker = own.state === 'running' ? own : await faktory.worker<Jobs>({ handlers });
    await client.push({ ...count(2), in: 90_000, retry: 0 });
    const drained = await faktory.drain(worker, { scheduled: true });
    expect(drained).toMatchObject({ done: 2, failed: 1, failures: [{ errtype: 'Error', message: 'zero' }] });
    await client.push(count(1));
    expect(await faktory.drain(worker)).toMatchObject({
      done: 1,
      failed: 1,
      failures: [{ message: 'zero' }],
    });
    expect(worker.state).toBe('running');
  },
);

test('a job that the worker does not fetch ends the drain with TIMEOUT', async () => {
  const worker = await faktory.worker<Jobs>({ handlers: { Count: () => undefined } });
  await faktory.client<Jobs>().push({ ...count(1), queue: 'mail' });
  await expect(faktory.drain(worker, { timeout: 100 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('1 wait in queue mail'),
  });
});

test('a drain without jobs returns zero counts', async () => {
  expect(await faktory.drain<Jobs>({ Count: () => undefined })).toMatchObject({ done: 0, failed: 0 });
});

test('scheduled jobs and retries stay in their sets by default', async () => {
  const client = faktory.client<Jobs>();
  await client.pushBulk([count(1), { ...count(2), in: 60_000 }]);
  const drained = await faktory.drain<Jobs>({ Count: () => Promise.reject(new Error('no')) });
  expect(drained).toMatchObject({ done: 0, failed: 1 });
  expect((await faktory.info()).faktory.sets).toMatchObject({ scheduled: 1, retries: 1 });
});

test('with `scheduled` the clock moves to each scheduled job, one after the other', async () => {
  const client = faktory.client<Jobs>();
  await client.pushBulk([2, 1].map((days) => ({ ...count(days), in: days * 86_400_000 })));
  const seen: number[] = [];
  const drained = await faktory.drain<Jobs>(
    { Count: (_context, n) => void seen.push(n) },
    { scheduled: true },
  );
  expect([drained, seen]).toEqual([{ done: 2, failed: 0, failures: [] }, [1, 2]]);
});

test('with `retries` a job is retried until it is done or dead', async () => {
  const client = faktory.client<Jobs>();
  await client.pushBulk([
    { ...count(2), retry: 5 },
    { ...count(99), retry: 3 },
  ]);
  const handlers = {
    Count: ({ job }: JobContext, failures: number) => {
      if ((job.failure?.retry_count ?? -1) + 1 < failures) throw new Error('not yet');
    },
  };
  const drained = await faktory.drain<Jobs>(handlers, { retries: true });
  expect(drained).toMatchObject({ done: 1, failed: 2 + 4 });
  expect(drained.failures).toHaveLength(2 + 4);
  expect((await faktory.info()).faktory.sets).toMatchObject({ dead: 1, retries: 0 });
});

test('with `queues` in the options only those queues are drained', async () => {
  const client = faktory.client<Jobs>();
  await client.pushBulk([count(1), { ...count(2), queue: 'mail' }]);
  const handlers = { Count: () => undefined };
  expect(await faktory.drain<Jobs>({ handlers, queues: ['mail'] })).toMatchObject({ done: 1, failed: 0 });
  expect((await faktory.info()).faktory.queues).toMatchObject({ default: 1, mail: 0 });
});

test('a job that schedules itself for ever ends the drain with LIMIT', async () => {
  const client = faktory.client<Jobs>();
  const again = () => client.push({ ...count(1), in: 60_000 });
  await again();
  const drained = faktory.drain<Jobs>({ Count: again }, { scheduled: true, moves: 3 });
  await expect(drained).rejects.toMatchObject({ code: 'LIMIT', message: expect.stringContaining('3 moves') });
});

test('jobs in a queue that no worker fetches end the drain with TIMEOUT, which names the queue', async () => {
  const client = faktory.client<Jobs>();
  await client.push({ ...count(1), queue: 'mail' });
  await client.pauseQueue('mail');
  const drained = faktory.drain<Jobs>({ Count: () => undefined }, { timeout: 100 });
  await expect(drained).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('1 wait in queue mail'),
  });
});
