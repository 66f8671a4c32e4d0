/**
 * Measures the disk of the temporary folder: appends of 4 KiB, each synced. Figures with syncs
 * depend on it.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = 300;

/** Syncs a second. */
export function syncsPerSecond(): number {
  const path = join(tmpdir(), `faktory-bench-sync-${process.pid}`);
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4096);
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  const took = performance.now() - started;
  closeSync(file);
  rmSync(path);
  return (rounds / took) * 1000;
}
