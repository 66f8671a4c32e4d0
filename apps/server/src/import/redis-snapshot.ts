/**
 * Takes a consistent snapshot of a running Redis: it asks for the data as a replica does (SYNC) and
 * gets an RDB file, so writers need not stop. When the Redis refuses, the reason is returned.
 */
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import { RdbSource } from './rdb/rdb-source.ts';
import type { RedisAddress } from './redis-address.ts';

const SILENCE = 60_000; // ms; while it saves, a Redis sends an empty line every second
// ms; a server without TLS takes the handshake for a command and waits for its end
const HANDSHAKE = 10_000;
const MARK = 40; // bytes of the mark that ends a file of unknown length
const LONGEST_LINE = 1000; // bytes

/** Why there is no snapshot. */
export interface NoSnapshot {
  readonly reason: string;
}

/** Takes a snapshot in a deleted temporary file, which disappears with the process. */
export async function takeSnapshot(
  address: RedisAddress,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  handshake = HANDSHAKE,
): Promise<RdbSource | NoSnapshot> {
  const folder = mkdtempSync(join(tmpdir(), 'faktory-import-'));
  let full: Error | undefined;
  const path = join(folder, 'snapshot.rdb');
  const file = openSync(path, 'wx', 0o600);
  try {
    await receive(address, signal, handshake, (piece, sum) => {
      try {
        writeAll(file, piece);
      } catch (error) {
        full = error as Error;
        throw error;
      }
      onBytes(sum);
    });
    return new RdbSource(path, address.database, signal, `a snapshot of ${address.name}`);
  } catch (error) {
    if (signal.aborted) throw new FaktoryError('ABORTED', 'cancelled');
    if (error instanceof FaktoryError && error.code === 'TLS') throw error;
    if (full) throw noRoom(full);
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true }); // an open file stays readable
  }
}

/** An error, not a reason to read key by key, for which all writers must stop. */
function noRoom(cause: Error): FaktoryError {
  const text = `the snapshot of the Redis cannot be written to ${tmpdir()}, the folder for temporary files: ${cause.message}`;
  const advice =
    'free disk space there, or set TMPDIR to a folder with as much free space as the Redis has data';
  return new FaktoryError('STORAGE', `${text}; ${advice}`, { cause });
}

function writeAll(file: number, piece: Buffer): void {
  for (let from = 0; from < piece.length; ) from += writeSync(file, piece, from);
}

async function receive(
  address: RedisAddress,
  signal: AbortSignal,
  handshake: number,
  take: (piece: Buffer, sum: number) => void,
): Promise<void> {
  const socket = address.tls ? connectTls({ ...address.at }) : connect({ ...address.at });
  socket.setTimeout(SILENCE, () => socket.destroy(new Error('no data for 60 s')));
  const abort = (): void => void socket.destroy(new Error('cancelled'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (socket instanceof TLSSocket) await handshaken(socket, address.name, handshake);
    const { username, password } = address;
    const incoming = new Incoming(socket);
    // One after another, because a Redis with unsent replies refuses SYNC.
    const ask = (words: readonly string[]): Promise<string> => {
      socket.write(command(words));
      return incoming.line();
    };
    if (password !== undefined) refuseError(await ask(['AUTH', ...(username ? [username] : []), password]));
    await ask(['REPLCONF', 'capa', 'eof']); // a Redis without this sends the length first
    const head = await ask(['SYNC']);
    refuseError(head);
    await incoming.file(head, take);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** Waits for the TLS handshake. Throws TLS after `limit` ms. */
async function handshaken(socket: TLSSocket, name: string, limit: number): Promise<void> {
  const silent = new FaktoryError(
    'TLS',
    `the Redis at ${name} did not answer the TLS handshake in ${limit / 1000} s; does it speak TLS? Without TLS the URL begins with redis://`,
  );
  const timer = setTimeout(() => socket.destroy(silent), limit);
  try {
    await once(socket, 'secureConnect');
  } finally {
    clearTimeout(timer);
  }
}

function command(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

function refuseError(line: string): void {
  if (line.startsWith('-')) throw new Error(line.slice(1));
}

/** Reads from a Redis: lines, then a file. */
class Incoming {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Readable) {
    this.#pieces = socket[Symbol.asyncIterator]();
  }

  /** The next line; empty lines are keep-alives. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end < 0) {
        if (this.#rest.length > LONGEST_LINE) throw new Error('it is not a Redis');
        await this.#more();
        continue;
      }
      const text = this.#rest.toString('latin1', 0, end).trim();
      this.#rest = this.#rest.subarray(end + 1);
      if (text !== '') return text;
    }
  }

  /** Reads the file after its head: `$LENGTH`, or `$EOF:MARK` when the mark ends it. */
  async file(head: string, take: (piece: Buffer, sum: number) => void): Promise<void> {
    const mark = /^\$EOF:(.{40})$/.exec(head)?.[1];
    const length = /^\$(\d+)$/.exec(head)?.[1];
    if (mark === undefined && length === undefined)
      throw new Error(`it answered ${head.slice(0, 40)} to SYNC`);
    let sum = 0;
    const give = (bytes: number): void => {
      if (bytes <= 0) return;
      sum += bytes;
      take(this.#rest.subarray(0, bytes), sum);
      this.#rest = this.#rest.subarray(bytes);
    };
    for (;;) {
      const at = mark === undefined ? -1 : this.#rest.indexOf(mark);
      const known = mark === undefined ? Number(length) - sum : at;
      if (known >= 0 && known <= this.#rest.length) return give(known);
      // The beginning of the mark may be the end of the buffer.
      give(mark === undefined ? this.#rest.length : this.#rest.length - MARK);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done) throw new Error('it closed the connection');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }
}
