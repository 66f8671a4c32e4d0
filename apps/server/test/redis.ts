/*
 * A real redis-server for a test, on a socket of its own, and words that a Faktory would have written to it.
 * It must never leave a process behind: every test file calls `endRedis` when it is done.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freshFolder } from './program.ts';

/** Where it is missing the tests are skipped, but never where the whole suite runs. */
export const noRedis = spawnSync('redis-server', ['--version']).error !== undefined && !process.env.CI;
if (noRedis) console.warn('SKIPPED: imports from a real Redis need redis-server on the PATH');

const running: { child: ChildProcess; client: Redis }[] = [];

export interface TestRedis {
  readonly client: Redis;
  /** What it saves to. */
  readonly rdb: string;
  readonly socket: string;
}

/** Starts one; `dir` may hold a dump.rdb that it is to load. */
export async function startRedis(dir = freshFolder(), ...more: string[]): Promise<TestRedis> {
  const socket = join(dir, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...args, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/ready to accept connections/i.test(said)) resolve();
    });
    child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
  });
  const client = new Redis({ path: socket });
  running.push({ child, client });
  return { client, socket, rdb: join(dir, 'dump.rdb') };
}

/** Ends all of them. */
export async function endRedis(): Promise<void> {
  for (const { child, client } of running.splice(0)) {
    client.disconnect();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    if (child.exitCode === null) await ended;
  }
}
