/**
 * Runs the load generator: a small C program, because one in Node would be slower than the servers.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { line } from './figures.ts';

const source = fileURLToPath(new URL('../load.c', import.meta.url));
const run = promisify(execFile);

/**
 * Pushes, fetches and acknowledges `jobs` jobs from `connections` connections; returns jobs a
 * second.
 */
export type Load = (port: number, jobs: number, connections: number) => Promise<number>;

/** Runs the work with a load generator. Without a C compiler it prints that and does nothing. */
export async function withLoad(work: (load: Load) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faktory-bench-load-'));
  const program = join(folder, 'load');
  try {
    execFileSync('cc', ['-O2', '-pthread', '-o', program, source]);
  } catch {
    line('skipped: this needs a C compiler called cc');
    return;
  }
  try {
    await work(async (...args) => Number.parseInt((await run(program, args.map(String))).stdout, 10));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
