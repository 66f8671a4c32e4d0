/**
 * Tests lost replies to FETCHB: the worker reports its reservations at each reconnect, and the
 * server takes back the other jobs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@faktory-ts/client';
import { createServer } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildServer, Child, removeServer } from '../../server/test/crash-child.ts';
import { type Handlers, Worker, type WorkerOptions } from '../src/index.ts';
import { gate } from './gate.ts';
import { infoWith } from './info-with.ts';
import { LosingNetwork } from './losing-network.ts';

const ends: (() => Promise<unknown>)[] = [];

beforeAll(buildServer, 60_000);
afterAll(removeServer);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'faktory-lost-'));
  ends.push(() => rm(dir, { recursive: true }));
  return dir;
}

async function network(target: number): Promise<LosingNetwork> {
  const made = await LosingNetwork.start(target);
  ends.push(() => made.stop());
  return made;
}

async function work(url: string, handlers: Handlers, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({ url, handlers, ...options });
  ends.push(() => worker.stop());
  await worker.start();
  return worker;
}

function clientOf(url: string): Client {
  const client = new Client({ url });
  ends.push(() => client.close());
  return client;
}

async function serve(): Promise<{ network: LosingNetwork; client: Client }> {
  const server = createServer({ dir: await folder(), sync: 'off' });
  ends.push(() => server.stop());
  await server.start();
  return { network: await network(server.port), client: clientOf(server.url) };
}

test('jobs whose FETCHB reply was lost run after the reconnect, each once and without using an attempt', async () => {
  const { network, client } = await serve();
  const runs: unknown[] = [];
  const failures: unknown[] = [];
  const run: Handlers[string] = ({ job }, n) => {
    runs.push(n);
    failures.push(job.failure);
    if (runs.length % 40 === 0) network.lose = 1; // at any depth of the queue
  };
  network.lose = 3;
  await client.pushBulk(Array.from({ length: 400 }, (_, n) => ({ jobtype: 'Count', args: [n] })));
  await work(network.url, { Count: run }, { concurrency: 10 });
  await infoWith(client, ({ total_processed, sets }) => total_processed === 400 && sets.working === 0);
  expect(network.lost).toBeGreaterThan(3);
  expect(runs.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 400 }, (_, n) => n));
  expect(failures.every((failure) => failure === undefined)).toBe(true);
});

test('a reconnect takes back no running job and no job whose result is on its way', async () => {
  const { network, client } = await serve();
  const { run, entered, open } = gate();
  let ended = 0;
  await work(network.url, { Long: run, Short: () => void ended++ }, { concurrency: 2 });
  await client.push({ jobtype: 'Long', args: [] });
  await entered;
  network.lose = 1;
  await client.push({ jobtype: 'Short', args: [] });
  await infoWith(client, ({ total_processed }) => total_processed === 1);
  expect(network.lost).toBe(1);
  expect((await client.info()).faktory.sets.working).toBe(1);
  open();
  await infoWith(client, ({ total_processed, sets }) => total_processed === 2 && sets.working === 0);
  expect((await client.info()).faktory.total_failures).toBe(0);
  expect(ended).toBe(1);
});

test('a server that is killed six times under a worker of 30 slots leaves no job in the working set', async () => {
  const dir = await folder();
  let child = new Child(dir);
  const front = await network((await child.port()) as number);
  ends.push(() => child.kill());
  const client = clientOf(front.url);
  const total = 1800;
  const runs = new Map<unknown, number>();
  const done: (() => void)[] = [];
  const ran = (count: number): Promise<void> =>
    new Promise((resolve) => {
      done[count] = resolve;
    });
  await client.pushBulk(Array.from({ length: total }, (_, n) => ({ jobtype: 'Count', args: [n] })));
  const moments = [200, 450, 700, 950, 1200, 1500].map((count) => ran(count));
  await work(
    front.url,
    {
      Count: async (_context, n) => {
        await new Promise(setImmediate);
        runs.set(n, (runs.get(n) ?? 0) + 1);
        done[runs.size]?.();
      },
    },
    { concurrency: 30 },
  );
  for (const moment of moments) {
    await moment;
    await child.kill();
    child = new Child(dir);
    front.target = (await child.port()) as number;
  }
  const counted = await infoWith(client, ({ queues, sets }) => queues.default === 0 && sets.working === 0);
  expect(runs.size).toBe(total);
  expect(counted).toMatchObject({ total_failures: 0, sets: { retries: 0, dead: 0 } });
}, 90_000);
