/**
 * THE SOCKET ROOM's door: accepts connections, greets, bounds their number, and drains at the stop.
 *
 * A connection is nobody until its HELLO is accepted; how many such there may be and for how long is limited apart
 * from the clients, so that a flood of them keeps no client out for more than a moment.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, Server as SecureServer } from 'node:tls';
import { type ClientRow, errorReply, excerpt, FaktoryError, OK } from '@faktory-ts/protocol';
import { type Access, type Caller, type Deed, permitOwned, type Rights } from '../access/access.ts';
import { listen, WIRE } from '../listening.ts';
import type { Logger } from '../log.ts';
import type { Asked } from '../stalls.ts';
import { CertificateFaults, secureContext, secureOptions, type Tls } from '../tls.ts';
import { nameOf, Unauthenticated } from '../unauthenticated.ts';
import { SelfTexts } from '../workers/self-texts.ts';
import type { Desk } from './commands.ts';
import { Connection } from './connection.ts';
import { farewell } from './farewell.ts';
import { type Arrival, NewConnection } from './new-connection.ts';
import type { Port, ProducerLine } from './port.ts';
import { Unfinished } from './unfinished.ts';
import { Unsent } from './unsent.ts';
import type { Verbs } from './verbs.ts';

export type { Desk } from './commands.ts';
export { type Verbs, verbsOf } from './verbs.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  readonly access: Access;
  readonly verbs: Verbs;
  readonly maxLineBytes: number;
  readonly maxConnections: number;
  readonly maxUnauthenticated: number;
  readonly handshakeTimeout: number;
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  readonly log: Logger;
  /** Counts commands. */
  readonly asked: Asked;
}

const KEEPALIVE = 60_000; // ms of silence after which the system asks whether the peer is there
const LAST_REPLIES = 1000; // ms that clients have at the stop to take theirs

export class Listener implements Port {
  readonly desk: Desk;
  readonly verbs: Verbs;
  readonly rights: Rights;
  readonly maxLineBytes: number;
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  readonly unfinished: Unfinished;
  readonly unsent: Unsent;
  readonly selfTexts = new SelfTexts();
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #clients = new Set<Connection>();
  readonly #unauthenticated: Unauthenticated;
  /** Below TLS: every socket that was accepted. */
  readonly #raw = new Set<Socket>();
  readonly #producers = new Map<string, ProducerLine>();
  #commands = 0;
  #stopping = false;
  #closed: Promise<void> | undefined;

  constructor(options: ListenerOptions, desk: Desk) {
    this.#options = options;
    this.desk = desk;
    this.verbs = options.verbs;
    this.rights = options.access.rights;
    this.maxLineBytes = options.maxLineBytes;
    this.maxUnsentBytes = options.maxUnsentBytes;
    this.unsentTimeout = options.unsentTimeout;
    this.unfinished = new Unfinished(options.log);
    this.unsent = new Unsent(options.log);
    const most = options.maxUnauthenticated;
    this.#unauthenticated = new Unauthenticated({ most, share: Math.ceil(most / 2) });
    this.#server = this.#makeServer(options);
  }

  #makeServer({ tls, handshakeTimeout, log }: ListenerOptions): Server {
    // Half open: a client may send its last commands, close its side, and still read the replies.
    const sockets = {
      noDelay: true,
      allowHalfOpen: true,
      keepAlive: true, // a client that vanished keeps no place for ever
      keepAliveInitialDelay: KEEPALIVE,
    };
    if (tls === undefined)
      return createServer(sockets, (socket) => this.#accept(socket) && this.#greet(socket));
    const greet = (socket: Socket): void => this.#greet(socket);
    const server = createSecureServer({ ...sockets, ...secureOptions(tls), handshakeTimeout }, greet);
    new CertificateFaults(log, 'for commands').watch(server);
    server.on('tlsClientError', (_, socket) => socket.destroy());
    server.on('connection', (raw: Socket) => {
      this.#accept(raw);
      this.#raw.add(raw);
      raw.on('close', () => this.#raw.delete(raw));
    });
    return server;
  }

  /** Counts a connection as unauthenticated until it is let in or closed; false: there is no room. */
  #accept(socket: Socket): boolean {
    const name = nameOf(socket);
    const entered = name !== undefined && !this.#stopping && this.#unauthenticated.enter(name, socket);
    if (entered) socket.on('close', () => this.#unauthenticated.leave(name));
    else socket.destroy();
    return entered;
  }

  /** New connections get this certificate. */
  renewTls(tls: Tls): void {
    if (this.#server instanceof SecureServer) this.#server.setSecureContext(secureContext(tls));
  }

  /** Who is connected. */
  clients(): ClientRow[] {
    return [...this.#clients].map(({ row }) => row);
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

  asked(verb: string, length: number, who: string): void {
    if (verb !== 'unknown') this.#commands += 1;
    this.#options.asked.asked(verb, length, who);
  }

  answered(verb: string): void {
    this.#options.asked.answered(verb);
  }

  claimProducer(name: string, connection: ProducerLine): void {
    const before = this.#producers.get(name);
    if (before) permitOwned(connection.caller, before.owner, `the producer name ${excerpt(name)}`);
    if (before && before !== connection) before.close();
    this.#producers.set(name, connection);
  }

  fault(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error(`a command failed unexpectedly: ${text}`);
  }

  audit(deed: Deed): void {
    this.#options.access.audit.write(deed);
  }

  /** Closes the connections of those who are no longer let in. */
  dismiss(isValid: (caller: Caller) => boolean): void {
    for (const client of this.#clients) if (!isValid(client.caller)) client.close();
  }

  /** Listens; gives the port. Throws LISTEN when the address cannot be had. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const bound = await listen(this.#server, { host, port, ...WIRE });
    this.#server.on('error', (error) => this.#options.log.error(`cannot accept: ${error.message}`));
    return bound;
  }

  /** Accepts no more; the commands that come from now on are refused. */
  refuse(): void {
    if (this.#closed) return;
    this.#stopping = true;
    this.#closed = new Promise((resolve) => this.#server.close(() => resolve()));
    this.#unauthenticated.clear();
  }

  /** Closes every connection once its replies are sent. */
  async stop(): Promise<void> {
    this.refuse();
    for (const client of this.#clients) client.finish();
    const late = setTimeout(() => {
      for (const client of this.#clients) client.close();
      for (const raw of this.#raw) raw.destroy();
    }, LAST_REPLIES);
    await this.#closed;
    clearTimeout(late);
  }

  /** Throws FORBIDDEN for a wid whose jobs another secret has; those that are connected are looked at when it is let in. */
  readonly #permitWid = async (wid: string, caller: Caller, address: string): Promise<void> => {
    if (caller.limits === undefined) return;
    this.#permitOwned(wid, caller, await this.desk.jobs.engine.ownerOf('worker', wid), address);
  };

  #permitOwned(wid: string, caller: Caller, owner: string | undefined, from: string): void {
    try {
      permitOwned(caller, owner, `the worker ${excerpt(wid)}`);
    } catch (error) {
      this.audit({ who: caller.who, from, did: 'HELLO', what: excerpt(wid), ok: false });
      throw error;
    }
  }

  #greet(socket: Socket): void {
    socket.on('error', () => socket.destroy()); // the peer is gone; 'close' follows and cleans up
    const name = nameOf(socket) ?? '';
    this.#unauthenticated.replace(name, socket);
    new NewConnection(
      socket,
      { ...this.#options, permitWid: this.#permitWid },
      {
        asks: () => this.#unauthenticated.asks(name),
        refused: () => this.#unauthenticated.refused(name),
        admit: (arrival) => this.#admit(arrival, name),
      },
    );
  }

  /** What a connection is told that cannot be let in. */
  #refusalOf({ wid, caller }: Connection, address: string): string | undefined {
    if (this.#clients.size >= this.#options.maxConnections) {
      const text = `too many connections: ${this.#clients.size + 1}`;
      return `${OK}${errorReply(new FaktoryError('LIMIT', text))}`;
    }
    try {
      if (wid !== '') this.#permitOwned(wid, caller, this.desk.roster.ownerOf(wid), address);
    } catch (error) {
      return errorReply(error);
    }
    return undefined;
  }

  #admit(arrival: Arrival, name: string): void {
    const { socket } = arrival;
    const connection = new Connection(arrival, this);
    const refusal = this.#refusalOf(connection, socket.remoteAddress ?? '');
    if (refusal !== undefined) {
      this.selfTexts.release(connection.self);
      socket.write(refusal);
      farewell(socket, this.#options.handshakeTimeout);
      this.#unauthenticated.refused(name);
      return;
    }
    this.#unauthenticated.leave(name);
    this.#clients.add(connection);
    if (connection.line) this.desk.roster.join(connection.line);
    socket.on('data', (chunk: Uint8Array) => connection.receive(chunk));
    socket.on('end', () => connection.end());
    socket.on('close', () => {
      this.#clients.delete(connection);
      this.selfTexts.release(connection.self);
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
