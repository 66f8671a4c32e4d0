/**
 * A server whose answers a test defines, for faults that a real server does not have. It does only
 * the handshake by itself.
 *
 * Note: nothing here waits by the clock. A test waits for lines to arrive, then acts.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { greetingLine, LineReader, newChallenge, parseHello, passwordProof } from '@faktory-ts/protocol';

/** One connection on the server's side. */
export interface Peer {
  readonly socket: net.Socket;
  /** Every line the client sent, HELLO first. */
  readonly lines: string[];
  /** Number of lines after HELLO without an answer. END is handled when it is 0. */
  owed: number;
}

/** The answer to a line; undefined: none. */
export type Script = (line: string, peer: Peer) => string | undefined;

export interface FakeOptions {
  password?: string;
  port?: number;
  /** Replaces the greeting; '' = none. */
  greeting?: string;
  /** Replaces the answer to HELLO; '' = none. */
  welcome?: string;
  /**
   * Passes EXT to the script. Default: it is an unknown command, as for any Faktory server, and not
   * recorded in the lines.
   */
  extensions?: boolean;
  /** The answers after the handshake. Default: +OK to all. */
  script?: Script;
}

export class FakeServer {
  readonly peers: Peer[] = [];
  script: Script;
  readonly #server: net.Server;
  readonly #options: FakeOptions;
  #port = 0;
  #onLine: () => void = () => {};

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.script = options.script ?? (() => '+OK\r\n');
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  static async start(options: FakeOptions = {}): Promise<FakeServer> {
    const fake = new FakeServer(options);
    fake.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(fake.#server, 'listening');
    fake.#port = (fake.#server.address() as net.AddressInfo).port;
    return fake;
  }

  /** Stays known after stop(). */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Every line of every connection after its HELLO. */
  get lines(): string[] {
    return this.peers.flatMap((peer) => peer.lines.slice(1));
  }

  /**
   * Waits until the condition holds; checked after each line and each start and end of a
   * connection.
   */
  async until(happened: () => boolean): Promise<void> {
    while (!happened()) {
      await new Promise<void>((resolve) => {
        const before = this.#onLine;
        this.#onLine = () => {
          before();
          resolve();
        };
      });
    }
  }

  /** Waits for a line with this start, on any connection. */
  line(start: string, count = 1): Promise<void> {
    return this.until(() => this.lines.filter((line) => line.startsWith(start)).length >= count);
  }

  /** Sends the due answers on the first connection. */
  say(replies: string): void {
    const [peer] = this.peers;
    if (peer === undefined) throw new Error('nobody has connected');
    peer.owed = 0;
    peer.socket.write(replies);
    if (peer.lines.at(-1) === 'END') peer.socket.end();
  }

  /** Breaks every connection; new ones are accepted. */
  cut(): void {
    for (const peer of this.peers) peer.socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #tell(): void {
    const tell = this.#onLine;
    this.#onLine = () => {};
    tell();
  }

  #accept(socket: net.Socket): void {
    const peer: Peer = { socket, lines: [], owed: 0 };
    const challenge = this.#options.password === undefined ? undefined : newChallenge();
    this.peers.push(peer);
    this.#tell();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#tell());
    socket.on('end', () => peer.owed === 0 && socket.end());
    socket.write(this.#options.greeting ?? greetingLine(challenge));
    const reader = new LineReader();
    socket.on('data', (chunk) => {
      reader.push(chunk);
      for (let line = reader.next(); line !== undefined; line = reader.next()) {
        if (line.startsWith('EXT ') && !this.#options.extensions) {
          socket.write('-ERR unknown command EXT\r\n');
          continue;
        }
        peer.lines.push(line);
        if (peer.lines.length === 1) socket.write(this.#welcome(line, challenge));
        else if (line !== 'END') this.#answer(line, peer);
      }
      this.#tell();
    });
  }

  #answer(line: string, peer: Peer): void {
    const reply = this.script(line, peer);
    if (reply === undefined) peer.owed++;
    else peer.socket.write(reply);
  }

  #welcome(line: string, challenge: { rounds: number; salt: string } | undefined): string {
    if (this.#options.welcome !== undefined) return this.#options.welcome;
    const hello = parseHello(line);
    if (challenge === undefined) return '+OK\r\n';
    const proof = passwordProof(this.#options.password ?? '', challenge, (bytes) =>
      createHash('sha256').update(bytes).digest(),
    );
    return hello?.pwdhash === proof ? '+OK\r\n' : '-ERR Invalid password\r\n';
  }
}
