/**
 * THE SOCKET ROOM's door: accepts connections, greets, bounds their number, and drains at the stop.
 *
 * A connection is nobody until its HELLO is accepted; how many such there may be and for how long is limited apart
 * from the clients, so that a flood of them keeps no client out for more than a moment.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { errorReply, FaktoryError, type Hello, LineReader, OK } from '@faktory-ts/protocol';
import { listen } from '../listening.ts';
import type { Logger } from '../log.ts';
import type { Desk } from './commands.ts';
import { Connection, type Port } from './connection.ts';
import { farewell } from './farewell.ts';
import { Handshake } from './handshake.ts';

export type { Desk } from './commands.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly maxLineBytes: number;
  readonly maxConnections: number;
  readonly maxUnauthenticated: number;
  readonly handshakeTimeout: number;
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  readonly log: Logger;
}

const MOST_BEFORE_HELLO = 64 * 1024; // bytes
const LAST_REPLIES = 1000; // ms that clients have at the stop to take theirs

export class Listener implements Port {
  readonly desk: Desk;
  readonly maxLineBytes: number;
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #clients = new Set<Connection>();
  readonly #strangers = new Set<Socket>();
  readonly #producers = new Map<string, Connection>();
  #commands = 0;
  #stopping = false;
  #closed: Promise<void> | undefined;

  constructor(options: ListenerOptions, desk: Desk) {
    this.#options = options;
    this.desk = desk;
    this.maxLineBytes = options.maxLineBytes;
    this.maxUnsentBytes = options.maxUnsentBytes;
    this.unsentTimeout = options.unsentTimeout;
    // Half open: a client may send its last commands, close its side, and still read the replies.
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#greet(socket));
  }

  /** Clients connected now. */
  get connections(): number {
    return this.#clients.size;
  }

  /** Known commands since the start. */
  get commands(): number {
    return this.#commands;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  counted(): void {
    this.#commands += 1;
  }

  claimProducer(name: string, connection: Connection): void {
    const before = this.#producers.get(name);
    if (before && before !== connection) before.close();
    this.#producers.set(name, connection);
  }

  fault(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error(`a command failed unexpectedly: ${text}`);
  }

  /** Listens; gives the port. Throws LISTEN when the address cannot be had. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const bound = await listen(this.#server, { host, port, flag: '-b' });
    this.#server.on('error', (error) => this.#options.log.error(`cannot accept: ${error.message}`));
    return bound;
  }

  /** Accepts no more; the commands that come from now on are refused. */
  refuse(): void {
    if (this.#closed) return;
    this.#stopping = true;
    this.#closed = new Promise((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#strangers) socket.destroy();
  }

  /** Closes every connection once its replies are sent. */
  async stop(): Promise<void> {
    this.refuse();
    for (const client of this.#clients) client.finish();
    const late = setTimeout(() => {
      for (const client of this.#clients) client.close();
    }, LAST_REPLIES);
    await this.#closed;
    clearTimeout(late);
  }

  #greet(socket: Socket): void {
    const { maxUnauthenticated, handshakeTimeout, password } = this.#options;
    socket.on('error', () => socket.destroy()); // the peer is gone; 'close' follows and cleans up
    if (this.#strangers.size >= maxUnauthenticated || this.#stopping) {
      socket.destroy();
      return;
    }
    this.#strangers.add(socket);
    const handshake = new Handshake(password);
    const reader = new LineReader({ maxBytes: this.maxLineBytes, decode });
    const late = setTimeout(() => socket.destroy(), handshakeTimeout);
    const leave = (): void => {
      clearTimeout(late);
      this.#strangers.delete(socket);
    };
    const onData = (chunk: Uint8Array): void => {
      const hello = this.#readHello(socket, handshake, reader, chunk);
      if (!hello) return;
      leave();
      socket.off('data', onData).off('end', onEnd).off('close', leave);
      this.#admit(socket, reader, hello);
    };
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData).on('end', onEnd).on('close', leave);
    socket.write(handshake.greeting);
  }

  #readHello(socket: Socket, handshake: Handshake, reader: LineReader, chunk: Uint8Array) {
    try {
      reader.push(chunk);
      const line = reader.next();
      if (line === undefined && reader.pending > MOST_BEFORE_HELLO) socket.destroy();
      if (line === undefined) return undefined;
      const hello = handshake.accept(line);
      if (!hello) socket.destroy();
      return hello;
    } catch (error) {
      if (error instanceof FaktoryError && error.code === 'AUTH') socket.end(errorReply(error));
      else socket.destroy();
      return undefined;
    }
  }

  #admit(socket: Socket, reader: LineReader, hello: Hello): void {
    if (this.#clients.size >= this.#options.maxConnections) {
      const text = `too many connections: ${this.#clients.size + 1}`;
      socket.write(`${OK}${errorReply(new FaktoryError('LIMIT', text))}`);
      farewell(socket, this.#options.handshakeTimeout);
      return;
    }
    const connection = new Connection(socket, reader, hello, this);
    this.#clients.add(connection);
    if (connection.line) this.desk.roster.join(connection.line);
    socket.on('data', (chunk: Uint8Array) => connection.receive(chunk));
    socket.on('end', () => connection.end());
    socket.on('close', () => {
      this.#clients.delete(connection);
      if (connection.line) this.desk.roster.leave(connection.line);
      const { producer } = connection;
      if (producer && this.#producers.get(producer.name) === connection)
        this.#producers.delete(producer.name);
      connection.closed();
    });
    socket.write(OK);
    connection.start();
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}
