import { Client } from '@faktory-ts/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Worker } from '../worker.ts';
import { startTestServer, type TestServer } from './index.ts';
import { serverPackage } from './server-package.ts';

interface Jobs {
  SendEmail: [to: string];
}

let faktory: TestServer;

beforeEach(async () => {
  faktory = await startTestServer();
});

afterEach(() => faktory.stop());

const email = (to: string) => ({ jobtype: 'SendEmail' as const, args: [to] as [string] });

test('a job goes from the client of the server to its worker', async () => {
  const sent: string[] = [];
  await faktory.worker<Jobs>({ handlers: { SendEmail: (_context, to) => void sent.push(to) } });
  await faktory.client<Jobs>().push(email('bob'));
  await vi.waitFor(() => expect(sent).toEqual(['bob']));
});

test('clients and workers made by the server stop with it', async () => {
  const client = faktory.client<Jobs>();
  const worker = await faktory.worker<Jobs>({ handlers: { SendEmail: () => undefined } });
  await faktory.stop();
  expect(worker.state).toBe('stopped');
  await expect(client.push(email('bob'))).rejects.toMatchObject({ code: 'CLOSED' });
  await faktory.stop();
});

test('a block with `await using` stops the server at its end', async () => {
  let url = '';
  {
    await using other = await startTestServer();
    url = other.url;
    expect((await other.info()).faktory.total_enqueued).toBe(0);
  }
  const client = new Client({ url, timeout: 200 });
  await expect(client.info()).rejects.toMatchObject({ code: 'TIMEOUT' });
  await client.close();
});

test('a move of the clock makes due scheduled jobs ready, and no others', async () => {
  const client = faktory.client<Jobs>();
  await client.push({ ...email('soon'), in: 3_600_000 });
  await client.pushBulk([{ ...email('later'), in: 3 * 3_600_000 }]);
  await faktory.forward({ hours: 2 });
  const { queues, sets } = (await faktory.info()).faktory;
  expect([queues.default, sets.scheduled]).toEqual([1, 1]);
});

test('unique and expiring jobs follow the clock that a test moves', async () => {
  const client = faktory.client<Jobs>();
  const job = { ...email('once'), unique_for: 3600, expires_in: 60 };
  await client.push(job);
  await expect(client.push(job)).rejects.toMatchObject({ code: 'NOTUNIQUE' });
  await faktory.forward({ minutes: 2 });
  await vi.waitFor(async () => expect((await faktory.info()).faktory.queues.default).toBe(0), 5000);
  await client.push(job); // the name is free, because its job has expired
  const sent: string[] = [];
  await faktory.worker<Jobs>({ handlers: { SendEmail: (_context, to) => void sent.push(to) } });
  await vi.waitFor(() => expect(sent).toEqual(['once']));
});

test('after a move `in` counts from the new time', async () => {
  const client = faktory.client<Jobs>();
  await faktory.forward({ days: 1, hours: 1, minutes: 1, seconds: 1 });
  await client.push({ ...email('bob'), in: 60_000 });
  await client.pushBulk([{ ...email('ann'), in: 60_000 }]);
  expect((await faktory.info()).faktory.sets.scheduled).toBe(2);
  await faktory.forward(60_001);
  expect((await faktory.info()).faktory.queues).toEqual({ default: 2 });
});

test('workers keep running after a move of hours, and each due job runs once', async () => {
  const sent: string[] = [];
  await faktory.worker<Jobs>({ handlers: { SendEmail: (_context, to) => void sent.push(to) } });
  const client = faktory.client<Jobs>();
  for (let hour = 1; hour <= 3; hour++) {
    await client.push({ ...email(`hour ${hour}`), in: 3_600_000 });
    await faktory.forward({ hours: 2 });
    await vi.waitFor(() => expect(sent).toHaveLength(hour));
  }
  await faktory.forward({ hours: 1 });
  const { faktory: counts } = await faktory.info();
  expect(sent).toEqual(['hour 1', 'hour 2', 'hour 3']);
  expect([counts.total_processed, counts.total_failures, counts.tasks.Workers.size]).toEqual([3, 0, 1]);
});

test('a worker that was not made by the server loses its connections at a move and reconnects by itself', async () => {
  const sent: string[] = [];
  const handlers = { SendEmail: (_context: unknown, to: unknown) => void sent.push(String(to)) };
  await using worker = new Worker({ url: faktory.url, handlers });
  await worker.start();
  await faktory.forward({ hours: 2 });
  await vi.waitFor(async () => expect((await faktory.info()).faktory.tasks.Workers.reaped).toBe(1), 5000);
  await faktory.client<Jobs>().push(email('bob'));
  await vi.waitFor(() => expect(sent).toEqual(['bob']), 8000);
}, 15_000);

test('a move waits until the running jobs have ended', async () => {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const worker = await faktory.worker<Jobs>({ handlers: { SendEmail: () => finished } });
  await faktory.client<Jobs>().push(email('bob'));
  await vi.waitFor(() => expect(worker.busy).toBe(1));
  const moved = faktory.forward({ hours: 2 });
  // Its first poll comes before these, and moves nothing.
  for (let looks = 0; looks < 3; looks++) {
    expect(Date.parse((await faktory.info()).now)).toBeLessThan(Date.now() + 3_600_000);
  }
  finish();
  await moved;
  const { faktory: counts } = await faktory.info();
  expect([counts.total_processed, counts.total_failures]).toEqual([1, 0]);
});

test('a bad span is refused', async () => {
  await expect(faktory.forward(-1)).rejects.toMatchObject({ code: 'CONFIG' });
  await expect(faktory.forward({ hours: Number.NaN })).rejects.toMatchObject({ code: 'CONFIG' });
  await expect(faktory.forward('soon' as '1h')).rejects.toMatchObject({ code: 'INVALID' });
});

test.each(['1h', '60 minutes', 3_600_000, { minutes: 60 }, { total: () => 3_600_000 }] as const)(
  'the clock moves by %j, exactly an hour',
  async (span) => {
    await faktory.client<Jobs>().pushBulk([
      { ...email('bob'), in: '1h' },
      { ...email('ann'), in: '1h 1m' },
    ]);
    await faktory.forward(span);
    expect((await faktory.info()).faktory).toMatchObject({ queues: { default: 1 }, sets: { scheduled: 1 } });
  },
);

test('a missing server package is an error that says what to install; other errors are unchanged', async () => {
  const missing = Object.assign(new Error("Cannot find package '@faktory-ts/server'"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(serverPackage(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('npm install --save-dev @faktory-ts/server'),
  });
  const other = Object.assign(new Error("Cannot find package 'fastify'"), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(serverPackage(() => Promise.reject(other))).rejects.toBe(other);
});
