/**
 * Tests how a worker fetches jobs from a server with our extensions: how many it holds, what it
 * returns, and how it learns of lost reservations. Rules for any server are in real-server.test.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@faktory-ts/client';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../server/test/leaks.ts';
import { type Handlers, type JobContext, Worker, type WorkerOptions } from '../src/index.ts';
import { gate } from './gate.ts';
import { keptLog } from './given.ts';
import { infoWith } from './info-with.ts';

let dir: string;
let server: Server;
let client: Client;
const workers: Worker[] = [];

async function serve(options: ServerOptions = {}): Promise<void> {
  server = createServer({ dir, sync: 'off', ...options });
  await server.start();
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'faktory-supply-'));
  await serve();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  for (const worker of workers) void worker.stop();
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await client.close();
  await server.stop();
  await rm(dir, { recursive: true });
});

async function work(handlers: Handlers, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({ url: server.url, handlers, ...options });
  workers.push(worker);
  await worker.start();
  return worker;
}

const many = (jobtype: string, count: number): { jobtype: string; args: [] }[] =>
  Array.from({ length: count }, () => ({ jobtype, args: [] }));

test('a worker has two connections, however many slots', async () => {
  await work({ Run: () => undefined }, { concurrency: 50 });
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 1);
  expect((await client.info()).server.connections).toBe(3); // with this client
});

test('before it knows how long jobs take, a worker fetches no more jobs than it can run', async () => {
  const { run, entered, open } = gate();
  await client.pushBulk(many('Run', 100));
  await work({ Run: run }, { concurrency: 7 });
  await entered;
  const faktory = await infoWith(client, ({ sets }) => sets.working > 0);
  expect(faktory.sets.working).toBe(7);
  open();
});

test('jobs that wait behind a long one for a second are returned in order, without using an attempt', async () => {
  const { run, entered, open } = gate();
  const fast = many('Fast', 500);
  await client.pushBulk([...fast, { jobtype: 'Long', args: [] }, ...many('Left', 20)]);
  await work({ Fast: () => undefined, Long: run, Left: () => undefined }, { concurrency: 1 });
  await entered;
  await infoWith(client, ({ queues, sets }) => queues.default === 20 && sets.working === 1);
  const order: unknown[] = [];
  await work({ Left: ({ job }) => order.push(job.failure) }, { concurrency: 1 });
  await infoWith(client, ({ total_processed }) => total_processed === 520);
  expect(order).toEqual(Array.from({ length: 20 }, () => undefined));
  open();
});

test('on quiet, jobs that no slot has taken are returned at once', async () => {
  const { run, entered, open } = gate();
  await client.pushBulk([...many('Fast', 500), { jobtype: 'Long', args: [] }, ...many('Fast', 20)]);
  const worker = await work({ Fast: () => undefined, Long: run }, { concurrency: 1 });
  await entered;
  worker.quiet();
  await infoWith(client, ({ queues, sets }) => queues.default === 20 && sets.working === 1);
  open();
  await worker.stop();
  expect((await client.info()).faktory).toMatchObject({ total_failures: 0, sets: { working: 0 } });
});

test.each([true, false])('queueConcurrency is never exceeded (extensions %s)', async (extensions) => {
  await server.stop();
  await serve({ port: server.port, extensions });
  let [now, most, others] = [0, 0, 0];
  const limited = async (): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
  };
  await client.pushBulk(many('Limited', 200).map((job) => ({ ...job, queue: 'mail' })));
  await client.pushBulk(many('Other', 200));
  await work(
    { Limited: limited, Other: () => others++ },
    { queues: ['mail', 'default'], concurrency: 10, queueConcurrency: { mail: 2 } },
  );
  await infoWith(client, ({ total_processed }) => total_processed === 400);
  expect([most, others]).toEqual([2, 200]);
});

test('a job whose reservation is lost has its signal aborted, and its result is not reported', async () => {
  const { run, entered, open } = gate();
  await work({ Run: run }, { beatInterval: 20 });
  await client.push({ jobtype: 'Run', args: [] });
  const { signal } = await entered;
  await client.flush();
  await eventually(() => signal.aborted, 15_000);
  expect(signal.reason).toMatchObject({ code: 'STALE' });
  open();
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 1);
});

test('a worker whose server comes back without the extensions keeps running jobs, and reports their results', async () => {
  const { run, entered, open } = gate();
  const { port } = server;
  const worker = await work({ Slow: run, Run: () => undefined }, { concurrency: 2 });
  await client.push({ jobtype: 'Slow', args: [] });
  await entered;
  await server.stop();
  await serve({ port, extensions: false });
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 1);
  open();
  await infoWith(client, ({ total_processed, sets }) => total_processed === 2 && sets.working === 0);
  await worker.stop();
});

test('a stop waits for a job that started before the server lost its extensions, and its result is reported', async () => {
  const { run, entered, open } = gate();
  const { port } = server;
  const worker = await work({ Slow: run, Run: () => undefined }, { concurrency: 2 });
  await client.push({ jobtype: 'Slow', args: [] });
  await entered;
  await server.stop();
  await serve({ port, extensions: false });
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 1);
  const stopped = worker.stop();
  // Left are this client and the heart: the connections of the idle slots are closed.
  await eventually(async () => (await client.info()).server.connections <= 2, 15_000);
  open();
  await stopped;
  const { faktory } = await client.info();
  expect(faktory).toMatchObject({ total_processed: 2, total_failures: 0, sets: { working: 0, retries: 0 } });
});

test('after the server lost its extensions, a slot is filled when an older job ends', async () => {
  const [older, newer] = [gate(), gate()];
  const { port } = server;
  await work({ Older: older.run, Newer: newer.run, Run: () => undefined }, { concurrency: 2 });
  await client.push({ jobtype: 'Older', args: [] });
  await older.entered;
  await server.stop();
  await serve({ port, extensions: false });
  await client.push({ jobtype: 'Newer', args: [] });
  await newer.entered;
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ sets }) => sets.working === 3);
  older.open();
  await infoWith(client, ({ total_processed, sets }) => total_processed === 2 && sets.working === 1);
  newer.open();
});

test('a worker whose server comes back with the extensions fetches in batches, and reports what it ran', async () => {
  const [older, newer] = [gate(), gate()];
  const { port } = server;
  await server.stop();
  await serve({ port, extensions: false });
  const worker = await work(
    { Older: older.run, Newer: newer.run, Run: () => undefined },
    { concurrency: 9, beatInterval: 50 },
  );
  await client.push({ jobtype: 'Older', args: [] });
  await older.entered;
  // This client, the heart, and the slots.
  await eventually(async () => (await client.info()).server.connections === 1 + 1 + 9, 15_000);
  await server.stop();
  await serve({ port });
  await client.pushBulk(many('Run', 100));
  await infoWith(client, ({ total_processed }) => total_processed === 100);
  await eventually(async () => (await client.info()).server.connections === 1 + 2, 15_000);
  older.open();
  await infoWith(client, ({ total_processed, sets }) => total_processed === 101 && sets.working === 0);
  // And back again.
  await client.push({ jobtype: 'Newer', args: [] });
  await newer.entered;
  await server.stop();
  await serve({ port, extensions: false });
  await client.push({ jobtype: 'Run', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 102);
  newer.open();
  await infoWith(client, ({ total_processed, sets }) => total_processed === 103 && sets.working === 0);
  await worker.stop();
  expect((await client.info()).faktory).toMatchObject({ total_failures: 0, sets: { retries: 0 } });
});

test('a job that waited for a slot when its server got the extensions runs before jobs of batches', async () => {
  const { run, entered, open } = gate();
  const order: unknown[] = [];
  const { log, lines } = keptLog();
  const { port } = server;
  await server.stop();
  await serve({ port, extensions: false });
  const limited = (context: JobContext, name: unknown): unknown => {
    order.push(name);
    return name === 'first' ? run(context) : undefined;
  };
  await work({ Run: { run: limited, concurrency: 1 } }, { concurrency: 3, log });
  await client.push({ jobtype: 'Run', args: ['first'] });
  await entered;
  await client.push({ jobtype: 'Run', args: ['second'] });
  await infoWith(client, ({ sets }) => sets.working === 2);
  await server.stop();
  await serve({ port });
  await client.push({ jobtype: 'Run', args: ['third'] });
  await eventually(() => lines.some((line) => line.includes('extensions now')), 15_000);
  // Enough turns of the server for a batch, which must not be fetched yet.
  for (let looks = 0; looks < 20; looks++) await client.info();
  open();
  await infoWith(client, ({ total_processed }) => total_processed === 3);
  expect(order).toEqual(['first', 'second', 'third']);
});

test('queues in turn are served side by side, even with many jobs in the first', async () => {
  const order: string[] = [];
  const handlers: Handlers = { Run: ({ job }) => order.push(job.queue ?? '') };
  for (const queue of ['a', 'b']) await client.pushBulk(many('Run', 300).map((job) => ({ ...job, queue })));
  await work(handlers, { queues: ['a', 'b'], queueOrder: 'round-robin', concurrency: 4 });
  await infoWith(client, ({ total_processed }) => total_processed === 600);
  // In strict order the second queue would be served only when the first is empty.
  expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
  expect(order.indexOf('a')).toBeLessThan(order.lastIndexOf('b'));
});
