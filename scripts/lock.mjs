/**
 * Lets one command at a time install or build. The lock is a file with the holder's process id; the
 * lock of a dead process is removed.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` while this process holds the lock file; waits for another holder first. */
export async function withLock(file, work) {
  let told = false;
  while (!take(file)) {
    const holder = read(file);
    if (holder !== undefined && abandoned(file, holder)) {
      removeAbandoned(file, holder);
      continue;
    }
    if (!told)
      console.error(`Another command (process ${holder || '?'}) is installing or building; waiting for it.`);
    told = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder's process id as text; '' while it is being written; undefined without a holder. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function abandoned(file, holder) {
  if (holder === '')
    return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 5000;
  try {
    process.kill(Number(holder), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH'; // EPERM: it is alive, under another user
  }
}

/**
 * Two waiters may both see a dead holder. The slower one must not remove the lock that the faster
 * one has just taken.
 */
function removeAbandoned(file, holder) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readFileSync(aside, 'utf8');
  if (moved !== holder) writeFileSync(file, moved, { flag: 'wx' });
  rmSync(aside);
}
