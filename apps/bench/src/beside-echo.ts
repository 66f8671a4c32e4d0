/*
 * Jobs a second beside a bare echo server in the same run, at 10, 50 and 200 connections with one command in flight each:
 * half push, half fetch and acknowledge. The load comes from a small C program, because one in Node would be slower than
 * the servers it loads.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syncsPerSecond } from './disk.ts';
import { line, median, time, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const source = fileURLToPath(new URL('../load.c', import.meta.url));
const echoProgram = fileURLToPath(new URL('./echo.js', import.meta.url));
const jobs = 20_000;
const rounds = 5;

/** Prints the table for one sync mode. */
export async function besideEcho(sync: 'full' | 'off'): Promise<void> {
  title(
    `Jobs a second, --sync ${sync}, beside a bare echo server (median of ${rounds}, ${whole(jobs)} jobs each)`,
  );
  const work = mkdtempSync(join(tmpdir(), 'faktory-bench-load-'));
  const load = join(work, 'load');
  try {
    execFileSync('cc', ['-O2', '-pthread', '-o', load, source]);
  } catch {
    line('skipped: this needs a C compiler called cc');
    return;
  }
  const echo = spawn(process.execPath, [echoProgram], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(echo.stdout, 'data')) as [Buffer];
  try {
    for (const connections of [10, 50, 200]) await measure(load, sync, connections, Number(port));
  } finally {
    echo.kill();
    rmSync(work, { recursive: true });
  }
}

async function measure(load: string, sync: string, connections: number, echoPort: number): Promise<void> {
  const stage = await Stage.start(sync);
  const rate = (port: number): number =>
    Number.parseInt(execFileSync(load, [`${port}`, `${jobs}`, `${connections}`], { encoding: 'utf8' }), 10);
  rate(stage.port); // warm
  const before = await stage.info();
  const ours: number[] = [];
  const bare: number[] = [];
  let spent = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    ours.push(rate(stage.port));
    spent += (performance.now() - started) / 1000;
    bare.push(rate(echoPort));
  }
  const after = await stage.info();
  await stage.stop();
  const ratio = median(ours.map((value, round) => value / (bare[round] ?? Number.NaN)));
  const { commits = 0, committed_operations: operations = 0, commit_time_sec: inCommit = 0 } = after.server;
  const { commits: c0 = 0, committed_operations: o0 = 0, commit_time_sec: t0 = 0 } = before.server;
  const turns = commits - c0;
  line(
    `${String(connections).padStart(3)} connections: ${whole(median(ours))} of ${whole(median(bare))} jobs/s, ratio ${ratio.toFixed(2)}` +
      ` (${((operations - o0) / turns).toFixed(1)} operations a commit, ${time((inCommit - t0) / turns)} each, ${whole(turns / spent)} turns/s;` +
      ` disk ${whole(syncsPerSecond())} syncs/s)`,
  );
}
