/** Runs BullMQ on its own Redis, with or without persistence. Redis is stopped in any case. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Side } from './side.ts';

/**
 * Whether jobs survive the end of Redis: `none`, or `always` with each change on disk before its
 * reply.
 */
export type Persistence = 'none' | 'always';

/** Runs the work with BullMQ on a new Redis. */
export async function withBullmq<Result>(
  persistence: Persistence,
  use: (side: Side) => Promise<Result>,
): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-bench-redis-'));
  const port = await freePort();
  const kept =
    persistence === 'none' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', 'always'];
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const server = spawn('redis-server', [...where, ...kept], { stdio: 'ignore' });
  const connection = new Redis({
    port,
    host: '127.0.0.1',
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
  });
  connection.on('error', () => {}); // until Redis listens
  await connection.ping();
  try {
    return await use(bullmq(connection));
  } finally {
    connection.disconnect();
    const ended = once(server, 'close');
    server.kill();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

function bullmq(connection: Redis): Side {
  const queue = new Queue('bench', { connection });
  const options = { removeOnComplete: true };
  return {
    push: () => queue.add('Empty', [1], options),
    bulk: (count) =>
      queue.addBulk(Array.from({ length: count }, () => ({ name: 'Empty', data: [1], opts: options }))),
    async work(concurrency, hit) {
      const worker = new Worker('bench', async () => hit(), { connection, concurrency });
      return () => worker.close();
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
