/*
 * One process at a time has a spool: a file beside it names the holder.
 * It must never take the lock of a process that lives. A stranger would get wrong that a pid alone names no process: in containers
 * every program is pid 1, and pids come again; where the system tells it, the process's start time is part of the name.
 */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { FaktoryError, newJid } from '@faktory-ts/protocol';

/** What this process holds: a holder with its pid that is not among them is an earlier life. */
const held = new Set<string>();

/** Takes the lock; gives the way to give it up. Throws `LOCKED`, naming the holder, or `STORAGE`. */
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
    if (holder === undefined) continue; // it was given up in this moment
    if (tries > 0 || lives(holder, path)) throw locked(path, holder);
    dismiss(path, holder);
  }
}

/** With its contents from the first moment on: a link is made of a file that is whole. */
function create(path: string, text: string): void {
  const own = `${path}.${newJid()}`;
  writeFileSync(own, text);
  try {
    linkSync(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Takes a dead holder's file away; when somebody was faster and holds it now, puts that back. */
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
    return false; // the system died before the file was whole on disk
  }
  const { pid, start, host } = told;
  if (host !== hostname()) return true; // nobody here can tell
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

/** When a process was started, as Linux tells it: this boot's id and its ticks. Undefined elsewhere. */
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
