/**
 * Starts a real redis-server for a test, on its own socket, with data as a Faktory would write it.
 * Every test file must call `endRedis` at its end, so that no process stays.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freshFolder } from './program.ts';

/** Without redis-server the tests are skipped, but never in the whole suite. */
export const noRedis = spawnSync('redis-server', ['--version']).error !== undefined && !process.env.CI;
if (noRedis) console.warn('SKIPPED: imports from a real Redis need redis-server on the PATH');

const running: { child: ChildProcess; client: Redis }[] = [];

export interface TestRedis {
  readonly client: Redis;
  /** The file that it saves to. */
  readonly rdb: string;
  readonly socket: string;
}

/** Starts a redis-server; it loads a dump.rdb in `dir`, if there is one. */
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

/** Ends all servers. */
export async function endRedis(): Promise<void> {
  for (const { child, client } of running.splice(0)) {
    client.disconnect();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    if (child.exitCode === null) await ended;
  }
}
