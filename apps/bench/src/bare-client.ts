/** A client that sends lines as they are, for very large and unusual ones. */
import { connect, type Socket } from 'node:net';
import { ReplyReader } from '@faktory-ts/protocol';

export class BareClient {
  readonly #socket: Socket;
  readonly #reader = new ReplyReader({
    decode: (bytes, start, end) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(),
  });
  readonly #waiting: ((text: string) => void)[] = [];

  private constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk) => {
      this.#reader.push(chunk);
      for (let reply = this.#reader.next(); reply; reply = this.#reader.next())
        this.#waiting.shift()?.(reply.kind === 'nil' ? '' : reply.text);
    });
    this.#socket.on('close', () => {
      for (const answer of this.#waiting.splice(0)) answer('closed');
    });
  }

  /** Connects; with a wid as a worker that may use the extensions. */
  static async open(port: number, wid?: string): Promise<BareClient> {
    const client = new BareClient(port);
    await client.#answer();
    await client.ask(
      `HELLO ${JSON.stringify({ v: 2, ...(wid && { wid, hostname: 'bench', pid: 1, labels: [] }) })}`,
    );
    await client.ask('EXT {"v":1}');
    return client;
  }

  /** Sends a line; returns the text of its answer. */
  ask(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.#answer();
  }

  /** Sends a line `times` times and never reads an answer. */
  send(line: string, times: number): void {
    this.#socket.pause();
    this.#socket.write(`${line}\r\n`.repeat(times));
  }

  #answer(): Promise<string> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  end(): void {
    this.#socket.destroy();
  }
}
