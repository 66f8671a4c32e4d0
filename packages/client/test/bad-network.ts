/**
 * A proxy between client and server that fails on request: cuts after a byte, holds bytes back, or
 * changes the server's bytes. Without a request it passes every byte on.
 *
 * Note: a request applies to one connection, the next that is made.
 */

import { once } from 'node:events';
import net from 'node:net';

/** The failure of the next connection. */
export interface Fault {
  /** Cut both ways after this many bytes from the client to the server; -1 = never. */
  up?: number;
  /** Cut both ways after this many bytes from the server to the client; -1 = never. */
  down?: number;
  /** Gets the server's bytes and returns those for the client. */
  answer?: (chunk: Buffer) => Buffer;
  /**
   * After this many bytes from the server, nothing more reaches the client, and nothing is closed.
   */
  stallAt?: number;
}

export class BadNetwork {
  /** The target of connections. May change. */
  target: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #next: Fault | undefined;
  /** Number of connections. */
  connections = 0;
  #holding = false;
  /** Whether bytes were held back. */
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

  /** Requests a failure of the next connection. */
  fail(fault: Fault): void {
    this.#next = fault;
  }

  /** Stops passing on the bytes of clients on all open connections. */
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

  /** Passed bytes still arrive; then both ends are closed. */
  #part(from: net.Socket, to: net.Socket): void {
    from.pause();
    to.end(() => {
      from.destroy();
    });
  }
}
