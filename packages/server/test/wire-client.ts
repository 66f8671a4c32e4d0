/**
 * A socket that a test speaks through by hand: it sends exactly what it is told and reads one reply at a time.
 *
 * It is no client library: it never answers by itself, never reconnects, and every wait has a deadline, so that a
 * missing reply is a failed test and not a hanging one.
 */
import { connect, type Socket } from 'node:net';
import { type Reply, ReplyReader } from '@faktory-ts/protocol';

const DEADLINE = 8000; // ms

export class WireClient {
  readonly socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #raw: Buffer[] = [];
  #broken: Error | undefined;
  #closed = false;
  #changed: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#raw.push(chunk);
      this.#reader.push(chunk);
      this.#tell();
    });
    socket.on('error', (error) => {
      this.#broken = error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#tell();
    });
  }

  /** Opens the socket. The greeting is the first reply. */
  static async connect(port: number): Promise<WireClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new WireClient(socket);
  }

  /** Speaks over this socket, which may still be connecting. */
  static over(socket: Socket): WireClient {
    return new WireClient(socket);
  }

  /** Opens the socket and says HELLO; without a wid it is a producer. */
  static async hello(port: number, wid?: string): Promise<WireClient> {
    const client = await WireClient.connect(port);
    await client.line();
    const said = await client.ask(`HELLO ${JSON.stringify({ v: 2, ...(wid === undefined ? {} : { wid }) })}`);
    if (said !== '+OK') throw new Error(`HELLO was answered ${said}`);
    return client;
  }

  /** Sends one line with its CRLF. */
  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Sends exactly these bytes. */
  raw(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next reply; undefined when the server closed first. */
  async reply(deadline = DEADLINE): Promise<Reply | undefined> {
    const until = performance.now() + deadline;
    for (;;) {
      const reply = this.#reader.next();
      if (reply) return reply;
      if (this.#closed) return undefined;
      if (!(await this.#change(until - performance.now()))) throw new Error(`no reply within ${deadline} ms`);
    }
  }

  /** The next reply as one line: `+OK`, `-ERR …`, `$ …`, `(nil)`, or `(closed)`. */
  async line(deadline = DEADLINE): Promise<string> {
    const reply = await this.reply(deadline);
    if (!reply) return '(closed)';
    if (reply.kind === 'nil') return '(nil)';
    return `${{ simple: '+', error: '-', bulk: '$ ' }[reply.kind]}${reply.text}`;
  }

  /** Sends a line and gives its reply as one line. */
  ask(line: string, deadline = DEADLINE): Promise<string> {
    this.send(line);
    return this.line(deadline);
  }

  /** Sends a line and reads its bulk reply as JSON; anything else is an error. */
  async json<T = Record<string, unknown>>(line: string): Promise<T> {
    const reply = await this.ask(line);
    if (!reply.startsWith('$ ')) throw new Error(`${line} was answered ${reply}`);
    return JSON.parse(reply.slice(2)) as T;
  }

  /** The jid of the job that this FETCH gives; `(nil)` when it gives none. */
  async fetch(...queues: string[]): Promise<string> {
    return jidOf(await this.ask(`FETCH ${queues.join(' ') || 'default'}`));
  }

  /** Pushes a plain job; it must be accepted. */
  async push(jid: string, more: object = {}): Promise<void> {
    const said = await this.ask(pushLine(jid, more));
    if (said !== '+OK') throw new Error(`PUSH was answered ${said}`);
  }

  /** Resolves when the server has closed the connection. */
  async closed(deadline = DEADLINE): Promise<void> {
    const until = performance.now() + deadline;
    while (!this.#closed) {
      if (!(await this.#change(until - performance.now())))
        throw new Error(`still open after ${deadline} ms`);
    }
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** What broke the socket, when it did not close in peace. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** Everything received, as bytes. */
  get received(): Buffer {
    return Buffer.concat(this.#raw);
  }

  /** Ends the connection at once, as a process that is killed does. */
  async destroy(): Promise<void> {
    this.socket.destroy();
    await this.closed();
  }

  #tell(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }

  /** Resolves true at the next change, false when the time is over. */
  #change(time: number): Promise<boolean> {
    if (time <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), time);
      this.#changed.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

/** The PUSH line of a plain job. */
export function pushLine(jid: string, more: object = {}): string {
  return `PUSH ${JSON.stringify({ jid, jobtype: 'T', args: [], ...more })}`;
}

/** The jid in a reply line that holds a job; any other reply as it is. */
export function jidOf(line: string): string {
  return line.startsWith('$ ') ? (JSON.parse(line.slice(2)) as { jid: string }).jid : line;
}
