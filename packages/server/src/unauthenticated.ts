/**
 * The connections of a port that are nobody yet. Their number is bounded, each network has a share of it, and one more makes room for
 * itself: of the network that has the most, the oldest that has said nothing leaves first.
 *
 * Connections that have asked to be let in leave only when none is silent, and then the newest: those that wait longest are nearly done.
 */
import type { Socket } from 'node:net';
import { networkOf } from './network.ts';

export interface UnauthenticatedLimits {
  /** Most connections. */
  readonly most: number;
  /** Most connections of one network. */
  readonly share: number;
}

/** What is closed to make room. */
type Closable = Pick<Socket, 'destroy'>;

interface Crowd {
  /** By the names of their sockets, the oldest first. */
  readonly silent: Map<string, Closable>;
  readonly asking: Map<string, Closable>;
}

/** One name for a TCP connection, also for the TLS socket that is put upon it. Undefined: it is closed already. */
export function nameOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress } = socket;
  return remoteAddress && `${remoteAddress} ${remotePort} ${localAddress}`;
}

export class Unauthenticated {
  readonly #limits: UnauthenticatedLimits;
  readonly #crowds = new Map<string, Crowd>();
  #size = 0;
  /** Connections that were closed to make room, since the start. */
  evicted = 0;

  constructor(limits: UnauthenticatedLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a connection in, and closes another one when there are too many; false: there is no room for it. */
  enter(name: string, socket: Closable): boolean {
    const network = networkIn(name);
    const own = sizeOf(this.#crowds.get(network));
    if (own >= this.#limits.share && !this.#evict(network, network)) return false;
    if (this.#size >= this.#limits.most && !this.#evict(this.#largest(), network)) return false;
    this.#crowdOf(network).silent.set(name, socket);
    this.#size += 1;
    return true;
  }

  /** The connection has asked to be let in. */
  asks(name: string): void {
    const crowd = this.#crowds.get(networkIn(name));
    const socket = crowd?.silent.get(name);
    if (!crowd || !socket) return;
    crowd.silent.delete(name);
    crowd.asking.set(name, socket);
  }

  /** The connection was refused: it is only read out, so it may leave like a silent one. */
  refused(name: string): void {
    const crowd = this.#crowds.get(networkIn(name));
    const socket = crowd?.asking.get(name);
    if (!crowd || !socket) return;
    crowd.asking.delete(name);
    crowd.silent.set(name, socket);
  }

  /** Another socket stands for this connection from now on, as TLS is ready. */
  replace(name: string, socket: Closable): void {
    const crowd = this.#crowds.get(networkIn(name));
    for (const sockets of [crowd?.silent, crowd?.asking]) if (sockets?.has(name)) sockets.set(name, socket);
  }

  /** The connection was let in, or is closed. */
  leave(name: string): void {
    const network = networkIn(name);
    const crowd = this.#crowds.get(network);
    if (!crowd || !(crowd.silent.delete(name) || crowd.asking.delete(name))) return;
    this.#size -= 1;
    if (sizeOf(crowd) === 0) this.#crowds.delete(network);
  }

  /** Closes all. */
  clear(): void {
    for (const { silent, asking } of this.#crowds.values())
      for (const socket of [...silent.values(), ...asking.values()]) socket.destroy();
    this.#crowds.clear();
    this.#size = 0;
  }

  /** False: all of this network ask, and the newest would be the newcomer itself. */
  #evict(network: string, newcomer: string): boolean {
    const crowd = this.#crowds.get(network);
    if (!crowd) return false;
    const [silent] = crowd.silent;
    const victim = silent ?? (network === newcomer ? undefined : [...crowd.asking].at(-1));
    if (!victim) return false;
    this.leave(victim[0]);
    this.evicted += 1;
    victim[1].destroy();
    return true;
  }

  /** The network with the most silent connections; where none is silent, with the most that ask. */
  #largest(): string {
    for (const kind of ['silent', 'asking'] as const) {
      let [largest, size] = ['', 0];
      for (const [network, crowd] of this.#crowds)
        if (crowd[kind].size > size) [largest, size] = [network, crowd[kind].size];
      if (size > 0) return largest;
    }
    return '';
  }

  #crowdOf(network: string): Crowd {
    const crowd = this.#crowds.get(network) ?? { silent: new Map(), asking: new Map() };
    this.#crowds.set(network, crowd);
    return crowd;
  }
}

const sizeOf = (crowd: Crowd | undefined): number => (crowd ? crowd.silent.size + crowd.asking.size : 0);
const networkIn = (name: string): string => networkOf(name.slice(0, name.indexOf(' ')));
