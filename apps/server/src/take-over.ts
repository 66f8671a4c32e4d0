/*
 * A restart without lost time: the new process loads everything first, asks the server that holds the data folder to stop, and starts
 * the moment the folder is free. The two never serve at once: one folder has one server, so clients reconnect to the new one.
 *
 * The holder is asked through a socket in its folder, `faktory.sock`, which only the server that holds the lock makes.
 * Note: a process id is never signalled, because `faktory.pid` may name any process, and two containers have ids of their own.
 */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger, Server } from '@faktory-ts/server';

const PATIENCE = 15_000; // ms; a server that was asked to stop ends itself after 5 s
const SILENCE = 5000; // ms in which a server that holds the folder must open its socket
const BETWEEN = 5; // ms from one try to the next: each is time in which clients find no server
const LONGEST_PATH = 100; // bytes; the system's limit is 104 (macOS) or 108
const REQUEST = 'stop\n';

/** Starts the server in the place of the one that holds its folder, if one does. Rejects with LOCKED when that one cannot be asked. */
export async function startInPlace(
  server: Pick<Server, 'dir' | 'start'>,
  log: Logger,
  silence = SILENCE,
): Promise<void> {
  const began = performance.now();
  let asked = false;
  for (;;) {
    try {
      return await server.start();
    } catch (error) {
      if (!(error instanceof FaktoryError && error.code === 'LOCKED')) throw error;
      const waited = performance.now() - began;
      if (!asked && (await askToStop(server.dir))) {
        asked = true;
        log.info(`the server that holds ${server.dir} was asked to stop`);
      }
      if (asked && waited > PATIENCE) throw error;
      if (!asked && waited > silence) throw cannotAsk(error);
      await pause(BETWEEN);
    }
  }
}

function cannotAsk(error: FaktoryError): FaktoryError {
  const text = `${error.message}; --take-over could not ask it: it has no faktory.sock in the folder`;
  return new FaktoryError('LOCKED', text, { cause: error });
}

/** False: no server answers at the folder's socket (yet). */
function askToStop(dir: string): Promise<boolean> {
  return withPath(
    dir,
    (path) =>
      new Promise((resolve) => {
        const socket = connect(path, () => socket.end(REQUEST));
        socket.setTimeout(SILENCE, () => socket.destroy());
        let answer = '';
        socket.setEncoding('utf8').on('data', (text: string) => {
          answer += text;
        });
        socket.on('error', () => undefined); // there is no server, or it has just ended: 'close' follows
        socket.on('close', () => resolve(answer === 'stopping\n'));
      }),
  );
}

/**
 * Opens the folder's socket, through which a successor asks for the stop; the folder's lock must be held. Returns what closes it.
 * Where the file system has no sockets the server runs without, and the log says so.
 */
export async function acceptTakeOver(dir: string, stop: () => void, log: Logger): Promise<() => void> {
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    let request = '';
    socket.on('error', () => undefined).setTimeout(SILENCE, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      request += text;
      if (request.length > REQUEST.length) socket.destroy();
    });
    socket.on('end', () => {
      if (request !== REQUEST) return socket.destroy();
      socket.end('stopping\n');
      stop();
    });
  });
  listener.maxConnections = 10;
  const file = socketFile(dir);
  try {
    if (process.platform !== 'win32') rmSync(file, { force: true }); // left by a server that was killed
    await withPath(dir, (path) => listenAt(listener, path));
    if (process.platform !== 'win32') chmodSync(file, 0o600);
  } catch (error) {
    log.warn(`${file}: no socket can be made here (${(error as Error).message}); --take-over will not work`);
  }
  return () => {
    listener.close();
    if (process.platform !== 'win32') rmSync(file, { force: true });
  };
}

function listenAt(listener: SocketServer, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject).listen(path, () => {
      listener.off('error', reject);
      listener.on('error', () => undefined); // no descriptor for a connection: the successor tries again
      listener.unref();
      resolve();
    });
  });
}

/** Windows has pipes in the place of socket files; their name space is flat. */
function socketFile(dir: string): string {
  if (process.platform !== 'win32') return join(dir, 'faktory.sock');
  const name = createHash('sha256').update(dir.toLowerCase()).digest('hex').slice(0, 32);
  return `\\\\.\\pipe\\faktory-${name}`;
}

/** Calls with a path of the socket that is short enough for the system: on Linux a long one is reached through the open folder. */
async function withPath<T>(dir: string, use: (path: string) => Promise<T>): Promise<T> {
  const file = socketFile(dir);
  if (process.platform !== 'linux' || Buffer.byteLength(file) <= LONGEST_PATH) return use(file);
  const folder = openSync(dir, 'r');
  try {
    return await use(`/proc/self/fd/${folder}/faktory.sock`);
  } finally {
    closeSync(folder);
  }
}
