/**
 * Compares jobs a second with a bare echo server in the same run, at 10, 50 and 200 connections
 * with one pending command each: half push, half fetch and acknowledge.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { syncsPerSecond } from './disk.ts';
import { line, median, time, title, whole } from './figures.ts';
import { type Load, withLoad } from './load.ts';
import { Stage } from './stage.ts';

const echoProgram = fileURLToPath(new URL('./echo.js', import.meta.url));
const jobs = 20_000;
const rounds = 5;
const COMMANDS = 3; // per job: PUSH, FETCH, ACK

/** Prints the table for one sync mode. */
export async function besideEcho(sync: 'full' | 'off'): Promise<void> {
  title(
    `Jobs a second, --sync ${sync}, beside a bare echo server (median of ${rounds}, ${whole(jobs)} jobs each)`,
  );
  await withLoad(async (load) => {
    const echo = spawn(process.execPath, [echoProgram], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(echo.stdout, 'data')) as [Buffer];
    try {
      for (const connections of [10, 50, 200]) await measure(load, sync, connections, Number(port));
    } finally {
      echo.kill();
    }
  });
}

async function measure(load: Load, sync: string, connections: number, echoPort: number): Promise<void> {
  const stage = await Stage.start(sync);
  const rate = (port: number): Promise<number> => load(port, jobs, connections);
  await rate(stage.port); // warm-up
  const before = await stage.info();
  const ours: number[] = [];
  const bare: number[] = [];
  let spent = 0;
  const cpu = stage.cpu();
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    ours.push(await rate(stage.port));
    spent += (performance.now() - started) / 1000;
    bare.push(await rate(echoPort));
  }
  const cost = stage.costSince(cpu, rounds * jobs * COMMANDS);
  const after = await stage.info();
  await stage.stop();
  const ratio = median(ours.map((value, round) => value / (bare[round] ?? Number.NaN)));
  const { commits = 0, committed_operations: operations = 0, commit_time_sec: inCommit = 0 } = after.server;
  const { commits: c0 = 0, committed_operations: o0 = 0, commit_time_sec: t0 = 0 } = before.server;
  const turns = commits - c0;
  line(
    `${String(connections).padStart(3)} connections: ${whole(median(ours))} of ${whole(median(bare))} jobs/s, ratio ${ratio.toFixed(2)}${cost}` +
      ` (${((operations - o0) / turns).toFixed(1)} operations a commit, ${time((inCommit - t0) / turns)} each, ${whole(turns / spent)} turns/s;` +
      ` disk ${whole(syncsPerSecond())} syncs/s)`,
  );
}
