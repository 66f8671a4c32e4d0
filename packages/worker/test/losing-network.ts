/**
 * A proxy between a worker and a server that loses replies to FETCHB: the server has sent the jobs,
 * the worker never gets them, and the connection breaks. All other data passes.
 */

import { once } from 'node:events';
import net from 'node:net';

export class LosingNetwork {
  /** The server's port; may change. */
  target: number;
  /** Number of replies to FETCHB that are still to be lost. */
  lose = 0;
  /** Number of lost replies. */
  lost = 0;
  readonly #server = net.createServer((client) => this.#join(client));
  readonly #sockets = new Set<net.Socket>();

  private constructor(target: number) {
    this.target = target;
  }

  static async start(target: number): Promise<LosingNetwork> {
    const network = new LosingNetwork(target);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #join(client: net.Socket): void {
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
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      if (this.lose > 0 && chunk.includes('[{"rid"')) {
        this.lose -= 1;
        this.lost += 1;
        client.destroy(); // the connection to the server is closed by its listener
        return;
      }
      client.write(chunk);
    });
  }
}
