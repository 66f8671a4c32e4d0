/**
 * Replaces a running server with little downtime: the new process loads everything, asks the server
 * that holds the data folder to stop, and starts as soon as the folder is free. Both never serve at
 * once: a folder has one server, and clients reconnect to the new one.
 *
 * The holder is asked through a socket in its folder, `faktory.sock`, which only the server with
 * the lock makes.
 * Note: no process id is signalled, because `faktory.pid` may name any process, and containers have
 * their own ids.
 */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket, type Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger, Server } from '@faktory-ts/server';

const PATIENCE = 15_000; // ms; a server that was asked to stop ends after 5 s at most
const SILENCE = 5000; // ms in which the holder must open its socket and answer
const BETWEEN = 5; // ms between two tries, in which clients find no server
const LONGEST_PATH = 100; // bytes; the system's limit is 104 (macOS) or 108
/**
 * The messages, one line each: the successor asks for the ports, checks its own addresses, and only
 * then asks for the stop. So a server that was suspended and reads an old question later does not
 * stop, because the successor left before it asked for the stop.
 */
const ASK_PORTS = 'ports\n';
const ASK_STOP = 'stop\n';
const STOPPING = 'stopping\n';

type Successor = Pick<Server, 'dir' | 'start' | 'checkAddresses'>;

/**
 * Starts the server in place of the one that holds its folder, if there is one. Rejects with LISTEN
 * when another program uses an address, and with LOCKED when the holder cannot be asked or does not
 * answer; in both cases the holder was not asked to stop.
 */
export async function startInPlace(
  server: Successor,
  log: Logger,
  silence = SILENCE,
  patience = PATIENCE,
): Promise<void> {
  const began = performance.now();
  let asked: number | undefined;
  for (;;) {
    try {
      return await server.start();
    } catch (error) {
      if (!(error instanceof FaktoryError && error.code === 'LOCKED')) throw error;
      const now = performance.now();
      if (asked === undefined && (await askToStop(server, log, silence, error))) {
        asked = performance.now();
        log.info(`the server that holds ${server.dir} was asked to stop`);
      }
      if (asked !== undefined && now - asked > patience) throw stillThere(error, patience);
      if (asked === undefined && now - began > silence) throw cannotAsk(error);
      await pause(BETWEEN);
    }
  }
}

function cannotAsk(error: FaktoryError): FaktoryError {
  const text = `${error.message}; --take-over could not ask it to stop: it has no faktory.sock in the folder, or is of a version without --take-over`;
  return new FaktoryError('LOCKED', text, { cause: error });
}

/** The error without its advice, which does not fit here. */
const heldBy = ({ message }: FaktoryError): string => message.replace(/; stop it or choose another .*$/, '');

function silent(error: FaktoryError, silence: number): FaktoryError {
  const text = `${heldBy(error)}; --take-over got no answer from it in ${silence / 1000} s, so it is suspended (SIGSTOP) or hangs; it was not asked to stop. Wake it (kill -CONT) and try again, or end it (kill -9): accepted jobs are on the disk`;
  return new FaktoryError('LOCKED', text, { cause: error });
}

function stillThere(error: FaktoryError, patience: number): FaktoryError {
  const text = `${heldBy(error)}; --take-over asked it to stop, but it still holds the folder after ${patience / 1000} s. Wait until it has stopped and start again, or end it (kill -9): accepted jobs are on the disk`;
  return new FaktoryError('LOCKED', text, { cause: error });
}

/** Returns false when no server answers at the folder's socket (yet). */
function askToStop(server: Successor, log: Logger, silence: number, error: FaktoryError): Promise<boolean> {
  return withPath(server.dir, async (path) => {
    const waiting = setTimeout(() => {
      const text = `the server that holds ${server.dir} does not answer: waiting for ${silence / 1000} s in all`;
      log.warn(text);
    }, silence / 5);
    const talk = new Talk(path, silence);
    try {
      const ports = await talk.ask(ASK_PORTS);
      if (ports === 'nobody') return false;
      if (ports === 'silent') throw silent(error, silence);
      await server.checkAddresses(ports.trim().split(' ').map(Number));
      return (await talk.ask(ASK_STOP)) !== 'nobody'; // a silent holder may have got it
    } finally {
      clearTimeout(waiting);
      talk.leave();
    }
  });
}

/** A connection to the socket of the server that holds the folder. */
class Talk {
  readonly #socket: Socket;
  readonly #silence: number;
  #answer = '';
  #closed = false;
  #heard = (): void => undefined;

  constructor(path: string, silence: number) {
    this.#silence = silence;
    this.#socket = connect(path)
      .setEncoding('utf8')
      .on('error', () => undefined) // no server, or it has just ended; 'close' follows
      .on('data', (text: string) => {
        this.#answer += text;
        this.#heard();
      })
      .on('close', () => {
        this.#closed = true;
        this.#heard();
      });
  }

  /** Returns the answer; 'nobody': the connection is closed; 'silent': no answer in time. */
  async ask(question: string): Promise<string> {
    if (!this.#closed) this.#socket.write(question);
    this.#answer = '';
    const late = performance.now() + this.#silence;
    while (!this.#closed && !this.#answer.endsWith('\n')) {
      if (performance.now() >= late) return 'silent';
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
        setTimeout(resolve, Math.max(1, late - performance.now())).unref();
      });
    }
    return this.#answer.endsWith('\n') ? this.#answer : 'nobody';
  }

  leave(): void {
    this.#socket.destroy();
  }
}

/** The answers and actions of a server that a successor asks. */
export interface Holder {
  /** The ports of the server. */
  ports(): readonly number[];
  stop(): void;
}

/**
 * Opens the folder's socket, at which a successor asks for the stop; the folder's lock must be
 * held. Returns a function that closes it. When the file system has no sockets, the server runs
 * without, and that is logged.
 */
export async function acceptTakeOver(dir: string, holder: Holder, log: Logger): Promise<() => void> {
  const listener = createServer((socket) => answer(socket, holder));
  listener.maxConnections = 10;
  const file = socketFile(dir);
  try {
    // left by a server that was killed
    if (process.platform !== 'win32') rmSync(file, { force: true });
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

/**
 * Answers a successor. One that left before it asked for the stop, because no answer came in time,
 * does not stop this server.
 */
function answer(socket: Socket, holder: Holder): void {
  let heard = '';
  socket.on('error', () => undefined).setTimeout(SILENCE, () => socket.destroy());
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (heard === ASK_PORTS) socket.write(`${holder.ports().join(' ')}\n`);
    else if (heard === ASK_PORTS + ASK_STOP) {
      socket.end(STOPPING);
      holder.stop();
    } else if (!(ASK_PORTS + ASK_STOP).startsWith(heard)) socket.destroy();
  });
}

function listenAt(listener: SocketServer, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject).listen(path, () => {
      listener.off('error', reject);
      // no descriptor for a connection; the successor retries
      listener.on('error', () => undefined);
      listener.unref();
      resolve();
    });
  });
}

/** Windows has pipes instead of socket files; their names have no folders. */
function socketFile(dir: string): string {
  if (process.platform !== 'win32') return join(dir, 'faktory.sock');
  const name = createHash('sha256').update(dir.toLowerCase()).digest('hex').slice(0, 32);
  return `\\\\.\\pipe\\faktory-${name}`;
}

/**
 * Calls `use` with a path of the socket that is short enough for the system: on Linux a long path
 * is replaced by one through the open folder.
 */
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
