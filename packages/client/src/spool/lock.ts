/**
 * A lock for one process per spool: a file beside the spool names the holder. It is never taken
 * from a live process.
 *
 * Note: a pid alone does not identify a process: in containers every program is pid 1, and pids are
 * reused. On Linux the process's start time is part of the name.
 */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { FaktoryError, newJid } from '@faktory-ts/protocol';

/** Locks that this process holds. Another lock with its pid is from an earlier process. */
const held = new Set<string>();

/**
 * Takes the lock and returns the function that releases it. Throws `LOCKED` with the holder, or
 * `STORAGE`.
 */
export function takeLock(path: string): () => void {
  const mine = JSON.stringify({ pid: process.pid, start: startOf(process.pid), host: hostname() });
  for (let tries = 0; ; tries++) {
    try {
      create(path, mine);
      held.add(path);
      return () => {
        held.delete(path);
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannot(path, error);
    }
    const holder = read(path);
    if (holder === undefined) continue; // released in the meantime
    if (tries > 0 || lives(holder, path)) throw locked(path, holder);
    dismiss(path, holder);
  }
}

/** Creates the file with its contents in one step: a link to a complete file. */
function create(path: string, text: string): void {
  const own = `${path}.${newJid()}`;
  writeFileSync(own, text);
  try {
    linkSync(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Removes the file of a dead holder. If another process has taken the lock in the meantime, its
 * file is put back.
 */
function dismiss(path: string, dead: string): void {
  const aside = `${path}.${newJid()}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw cannot(path, error);
  }
}

function lives(holder: string, path: string): boolean {
  let told: { pid?: unknown; start?: unknown; host?: unknown };
  try {
    told = JSON.parse(holder);
  } catch {
    return false; // the machine stopped before the file was complete on disk
  }
  const { pid, start, host } = told;
  if (host !== hostname()) return true; // only that host can check
  if (pid === process.pid) return held.has(path);
  if (typeof pid !== 'number' || !runs(pid)) return false;
  const now = startOf(pid);
  return now === undefined || start === undefined || start === now;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process was started: on Linux this boot's id and the process's ticks. Undefined elsewhere.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${ticks}`;
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannot(path, error);
  }
}

function locked(path: string, holder: string): FaktoryError {
  const text = `the spool is held by another process (${holder}): give each its own file, or remove ${path} when that process is gone`;
  return new FaktoryError('LOCKED', text);
}

function cannot(path: string, cause: unknown): FaktoryError {
  return new FaktoryError('STORAGE', `cannot lock the spool by ${path}: ${(cause as Error).message}`, {
    cause,
  });
}
