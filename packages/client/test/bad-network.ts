/*
 * A network that fails on purpose, between a client and a server: cuts after a byte, holds back, changes what is said.
 * It must never fail by itself: without an order it hands every byte on. A stranger would get wrong that an order holds for one
 * connection, the next that is made.
 */

import { once } from 'node:events';
import net from 'node:net';

/** What happens to the next connection. */
export interface Fault {
  /** Cut both ways once so many bytes have gone from the client to the server; -1 = never. */
  up?: number;
  /** The same for bytes from the server to the client. */
  down?: number;
  /** Sees what the server says and says what the client gets. */
  answer?: (chunk: Buffer) => Buffer;
  /** From so many bytes of the server's on, nothing more reaches the client, and nothing is closed. */
  stallAt?: number;
}

export class BadNetwork {
  /** Where connections go. May change. */
  target: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #next: Fault | undefined;
  /** How many connections were made. */
  connections = 0;
  #holding = false;
  /** Whether something was held back. */
  held = false;

  private constructor(target: number) {
    this.target = target;
    this.#server = net.createServer((socket) => this.#join(socket));
  }

  static async start(target: number): Promise<BadNetwork> {
    const network = new BadNetwork(target);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** Orders what happens to the next connection. */
  fail(fault: Fault): void {
    this.#next = fault;
  }

  /** Hands on nothing more that clients say, on any connection that stands. */
  hold(): void {
    this.#holding = true;
  }

  /** Breaks all connections. */
  cut(): void {
    this.#holding = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #join(client: net.Socket): void {
    const { up = -1, down = -1, answer = (chunk: Buffer) => chunk, stallAt = -1 } = this.#next ?? {};
    this.#next = undefined;
    this.connections++;
    const server = net.connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    let [said, heard] = [0, 0];
    client.on('data', (chunk) => {
      if (this.#holding) {
        this.held = true;
        return;
      }
      server.write(up < 0 ? chunk : chunk.subarray(0, Math.max(0, up - said)));
      said += chunk.length;
      if (up >= 0 && said >= up) this.#part(client, server);
    });
    server.on('data', (chunk) => {
      const left = Math.max(0, (stallAt < 0 ? Number.POSITIVE_INFINITY : stallAt) - heard);
      const most = down < 0 ? left : Math.min(left, Math.max(0, down - heard));
      heard += chunk.length;
      client.write(answer(chunk.subarray(0, Math.min(most, chunk.length))));
      if (down >= 0 && heard >= down) this.#part(server, client);
    });
  }

  /** What was handed on still arrives; then both are closed. */
  #part(from: net.Socket, to: net.Socket): void {
    from.pause();
    to.end(() => {
      from.destroy();
    });
  }
}
