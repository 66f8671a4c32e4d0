/**
 * How fast the logins of a caller are answered: 20 at once and 20 a second. The others wait in their order, so a client that logs in
 * again and again keeps no other caller waiting, and a right login waits only behind those with the same name from the same network.
 *
 * Wrong logins of a network are one caller: they never delay a right one.
 */
import type { Socket } from 'node:net';
import { networkOf } from '../network.ts';
import { Turns } from './turns.ts';

const AT_ONCE = 20;
const EVERY = 1000; // ms from an answer until its place is free again

export class LoginPace {
  readonly #turns = new Turns(AT_ONCE);
  /** A socket may have many requests, and has one listener for all of them. */
  readonly #sockets = new WeakMap<Socket, Set<AbortController>>();

  /** Resolves when the login may be answered, or its client has left. Undefined for `who`: it is wrong. Rejects with LIMIT. */
  async wait(address: string, who: string | undefined, socket: Socket): Promise<void> {
    const gone = new AbortController();
    if (socket.destroyed) gone.abort();
    const waiting = this.#waitingOn(socket).add(gone);
    try {
      const name = `${networkOf(address)} ${who === undefined ? 'wrong' : `is ${who}`}`;
      const end = await this.#turns.take(name, false, gone.signal);
      if (end) setTimeout(end, EVERY).unref();
    } finally {
      waiting.delete(gone);
    }
  }

  #waitingOn(socket: Socket): Set<AbortController> {
    const known = this.#sockets.get(socket);
    if (known) return known;
    const waiting = new Set<AbortController>();
    this.#sockets.set(socket, waiting);
    socket.once('close', () => {
      for (const gone of waiting) gone.abort();
    });
    return waiting;
  }
}
