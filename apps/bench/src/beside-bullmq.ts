/*
 * Our client and worker on our server beside BullMQ on Redis, in the same run: the same number of empty jobs pushed one by one
 * (50 in the air), pushed in bulk, and worked off by one process with 50 at once. Redis runs once as it comes with an
 * append-only file (synced each second) and once synced before each reply, which is what our server does.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
import { Worker as BullWorker, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { line, seconds, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const jobs = 10_000;
const inTheAir = 50;
const perBulk = 1000;

/** What is measured of either. */
interface Side {
  push(): Promise<unknown>;
  bulk(count: number): Promise<unknown>;
  /** Runs `count` jobs; resolves when the last has run. */
  work(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Prints jobs a second of each. */
export async function besideBullmq(): Promise<void> {
  title(`Our client and worker beside BullMQ (${whole(jobs)} empty jobs, ${inTheAir} at once)`);
  const stage = await Stage.start('full');
  await measure('faktory-ts, --sync full', ours(stage));
  await stage.stop();
  if (spawnSync('redis-server', ['--version']).error) {
    line('BullMQ: skipped, no redis-server here');
    return;
  }
  await onRedis('everysec');
  await onRedis('always');
}

async function measure(name: string, side: Side): Promise<void> {
  await side.bulk(perBulk);
  await side.work(perBulk); // warm
  const one = await seconds(() => inParallel(jobs, () => side.push()));
  const work = await seconds(() => side.work(jobs));
  const bulk = await seconds(() => inParallel(jobs / perBulk, () => side.bulk(perBulk), 4));
  await side.close();
  line(`${name}: push ${whole(jobs / one)}/s, in bulk ${whole(jobs / bulk)}/s, work ${whole(jobs / work)}/s`);
}

async function inParallel(count: number, act: () => Promise<unknown>, width = inTheAir): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Resolves at the n-th call of the function it gives. */
function countdown(count: number): { hit: () => void; done: Promise<void> } {
  let left = count;
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { hit: () => void (--left === 0 && finish()), done };
}

function ours({ url }: Stage): Side {
  const client = new Client<{ Empty: [n: number] }>({ url });
  return {
    push: () => client.push({ jobtype: 'Empty', args: [1] }),
    bulk: (count) => client.pushBulk(Array.from({ length: count }, () => ({ jobtype: 'Empty', args: [1] }))),
    async work(count) {
      const { hit, done } = countdown(count);
      const worker = new Worker({ url, concurrency: inTheAir, handlers: { Empty: () => hit() } });
      await worker.start();
      await done;
      await worker.stop();
    },
    close: () => client.close(),
  };
}

async function onRedis(fsync: 'everysec' | 'always'): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-bench-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    fsync,
  ];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const connection = new Redis({
    port,
    host: '127.0.0.1',
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
  });
  connection.on('error', () => {}); // until the server listens
  await connection.ping();
  await measure(`BullMQ, Redis appendfsync ${fsync}`, bullmq(connection));
  connection.disconnect();
  server.kill();
  await sleep(200);
  rmSync(dir, { recursive: true, force: true });
}

function bullmq(connection: Redis): Side {
  const queue = new Queue('bench', { connection });
  const options = { removeOnComplete: true };
  return {
    push: () => queue.add('Empty', [1], options),
    bulk: (count) =>
      queue.addBulk(Array.from({ length: count }, () => ({ name: 'Empty', data: [1], opts: options }))),
    async work(count) {
      const { hit, done } = countdown(count);
      const worker = new BullWorker('bench', async () => hit(), { connection, concurrency: inTheAir });
      await done;
      await worker.close();
    },
    close: () => queue.close(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
