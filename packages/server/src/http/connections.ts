/**
 * The connections of HTTP. One that is being served with what its caller may have is held; any other (a head or a body that comes slowly, a
 * browser that may ask again) makes room when there are too many. So a new connection is always taken, and `/health` always answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';
import { nameOf, Unauthenticated } from '../unauthenticated.ts';

const MOST_WAITING = 500; // connections that are not served now
const MOST_HELD = 500; // requests that are served now
/** Held connections (pages too) and those that wait, and some that are just being closed. */
const MOST = 2000;
/** Requests that one connection may have unfinished. A browser sends none before the answer to the last. */
const MOST_UNFINISHED = 16;

const MOST_LISTENERS = 30; // what waits for the end of one answer; more would be a leak

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export class HttpConnections {
  readonly #waiting = new Unauthenticated({ most: MOST_WAITING, share: MOST_WAITING / 2 });
  /** Requests that each connection is being served with. */
  readonly #held = new Map<string, number>();
  /** Requests of each connection that are not answered. */
  readonly #unfinished = new WeakMap<Socket, number>();

  /** Takes the connections of this server. */
  watch(server: Server): void {
    server.maxConnections = MOST;
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket);
      if (name === undefined || !this.#waiting.enter(name, socket)) {
        socket.destroy();
        return;
      }
      socket.on('close', () => {
        this.#waiting.leave(name);
        this.#held.delete(name);
      });
    });
    server.on('secureConnection', (socket: Socket) => this.#waiting.replace(nameOf(socket) ?? '', socket));
  }

  /**
   * Passes on the requests of a server whose handlers are set. A connection with too many unfinished ones is destroyed.
   *
   * Note: the parser still reports what the same chunk holds behind that. So handlers are called only from here. A request with an
   * unknown `Expect` is served as if it had none, because Node's own answer (417) would not be counted.
   */
  bound(server: Server): void {
    const handlers = server.listeners('request') as Handler[];
    server.removeAllListeners('request');
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      if (!this.#begin(request.socket, response)) return;
      for (const handle of handlers) handle.call(server, request, response);
    };
    server.on('request', serve);
    server.on('checkExpectation', serve);
  }

  #begin(socket: Socket, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const unfinished = this.#unfinished.get(socket) ?? 0;
    if (unfinished >= MOST_UNFINISHED) {
      socket.destroy();
      return false;
    }
    this.#unfinished.set(socket, unfinished + 1);
    response.setMaxListeners(MOST_LISTENERS);
    response.once('close', () => this.#unfinished.set(socket, (this.#unfinished.get(socket) ?? 1) - 1));
    return true;
  }

  /** Keeps the connection while a request is served; gives what ends that. Throws LIMIT when too many are served. */
  hold(socket: Socket): () => void {
    const name = nameOf(socket);
    if (name === undefined) return () => undefined; // it is closed
    const held = this.#held.get(name) ?? 0;
    if (held === 0 && this.#held.size >= MOST_HELD)
      throw new FaktoryError(
        'LIMIT',
        `${this.#held.size} requests are being answered; try again in some seconds`,
      );
    this.#held.set(name, held + 1);
    this.#waiting.leave(name);
    return () => this.#release(name, socket);
  }

  /** Keeps the connection of a page until it closes. */
  holdPage(socket: Socket): void {
    this.#waiting.leave(nameOf(socket) ?? '');
  }

  #release(name: string, socket: Socket): void {
    const held = this.#held.get(name);
    if (held === undefined) return; // closed
    if (held > 1) {
      this.#held.set(name, held - 1);
      return;
    }
    this.#held.delete(name);
    if (!socket.destroyed && !this.#waiting.enter(name, socket)) socket.destroy();
  }
}
