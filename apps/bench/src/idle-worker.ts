/**
 * Measures our worker with little to do: the cost of an idle `faktory-worker` process, and the time
 * from a push until the handler runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
import { syncsPerSecond } from './disk.ts';
import { line, time, title } from './figures.ts';
import { Stage } from './stage.ts';

const program = fileURLToPath(new URL('../../../packages/worker/dist/cli.js', import.meta.url));
const settling = 3000; // ms
const watched = 10_000; // ms
const pushes = 500;
const ticksPerSecond = 100; // unit of a process's time on Linux

/** Prints both. */
export async function idleWorker(): Promise<void> {
  title('An idle worker, concurrency 30, on our server, --sync full');
  const stage = await Stage.start('full');
  if (process.platform === 'linux') await processCost(stage);
  else line('what the process costs: only Linux tells it');
  await pushToHandler(stage);
  await stage.stop();
}

async function processCost({ url }: Stage): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-bench-worker-'));
  const handlers = join(dir, 'handlers.mjs');
  writeFileSync(handlers, 'export default { Empty: () => {} };\n');
  const args = [program, '--require', handlers, '--concurrency', '30', '--url', url, '--no-config'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await sleep(settling);
  const before = cpuSeconds(child.pid);
  await sleep(watched);
  const share = ((cpuSeconds(child.pid) - before) / watched) * 100_000;
  line(`${share.toFixed(2)} % of a core, ${sockets(child.pid)} sockets, ${memory(child.pid)} MiB`);
  child.kill('SIGTERM');
  await once(child, 'close');
  rmSync(dir, { recursive: true });
}

function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Number of connections; the pipe to this process is not a TCP socket. */
function sockets(pid: number | undefined): number {
  const open = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  const inodes = open.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  const tcp = readFileSync(`/proc/${pid}/net/tcp`, 'utf8');
  return inodes.filter((inode) => tcp.includes(` ${inode} `)).length;
}

function memory(pid: number | undefined): number {
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(resident) / 1024);
}

async function pushToHandler({ url }: Stage): Promise<void> {
  let ran = (_at: number): void => {};
  const worker = new Worker({ url, concurrency: 30, handlers: { Empty: () => ran(performance.now()) } });
  const client = new Client({ url });
  await worker.start();
  const took: number[] = [];
  for (let round = 0; round < pushes; round++) {
    await sleep(10); // its result is reported and the worker is idle again
    const runs = new Promise<number>((resolve) => {
      ran = resolve;
    });
    const pushed = performance.now();
    await client.push({ jobtype: 'Empty', args: [] });
    took.push(((await runs) - pushed) / 1000);
  }
  await client.close();
  await worker.stop();
  took.sort((a, b) => a - b);
  const at = (share: number): string => time(took[Math.floor(took.length * share)] ?? Number.NaN);
  line(
    `push until the handler runs: ${at(0.5)} at the median, ${at(0.99)} at the 99th percentile; a sync of this disk takes ${time(1 / syncsPerSecond())}`,
  );
}
