/*
 * A restart without lost time: the new process loads everything first, then ends the one that holds the data folder, and begins the
 * moment the folder is free. It must never end a process that does not hold the folder's lock. A stranger would get wrong that the
 * two never serve at once: one folder has one server, so clients reconnect, and find the new one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger, Server } from '@faktory-ts/server';

const patience = 15_000; // ms; a server that was asked to stop gives up after 5 s
const between = 5; // ms from one try to the next: each is time in which clients find nobody

/** Starts the server in the place of the one that holds its folder, if one does. */
export async function startInPlace(server: Server, log: Logger): Promise<void> {
  const deadline = performance.now() + patience;
  let asked = false;
  for (;;) {
    try {
      return await server.start();
    } catch (error) {
      const held = error instanceof FaktoryError && error.code === 'LOCKED';
      if (!held || performance.now() > deadline) throw error;
      if (!asked) asked = askToStop(server.dir, log);
      await pause(between);
    }
  }
}

/** False: the holder has not written its number yet. */
function askToStop(dir: string, log: Logger): boolean {
  const pid = Number(readFileSync(join(dir, 'faktory.pid'), 'utf8'));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  log.info(`process ${pid} holds the data folder: it is asked to stop`);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false; // it has just ended, its successor writes its own number
    const text = `process ${pid} holds the data folder and cannot be asked to stop (${code}); run this as its user`;
    throw new FaktoryError('LOCKED', text, { cause });
  }
  return true;
}
