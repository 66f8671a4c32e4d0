/**
 * One socket from dial to close: greeting, HELLO with the proof of the password, EXT when
 * requested, then lines out and replies in. connection.ts reconnects.
 *
 * Note: `gone` reports the end exactly once, for every reason: refused dial, wrong password,
 * invalid bytes, silence, closed socket.
 */

import { createHash } from 'node:crypto';
import type net from 'node:net';
import type tls from 'node:tls';
import {
  type Extension,
  type ExtensionAsk,
  FaktoryError,
  type Hello,
  parseGreeting,
  passwordProof,
  protocolVersion,
  type Reply,
  ReplyReader,
  readExtension,
  wireError,
  write,
} from '@faktory-ts/protocol';
import { longestTimer } from './call.ts';
import { dial, needsTls, refusedClient, speaksHttp, speaksOther, speaksTls, tlsFault } from './link-tls.ts';
import type { ServerAddress } from './url.ts';

/** The server, and what HELLO and EXT say. */
export interface LinkOptions {
  address: ServerAddress;
  /** Fields of HELLO beside version and password. With a `wid` the connection is a consumer. */
  hello?: Pick<Hello, 'hostname' | 'wid' | 'pid' | 'labels'> | undefined;
  /**
   * Returns the payload of EXT, for each link. Default: no EXT. A server without EXT is not an
   * error.
   */
  extension?: (() => ExtensionAsk) | undefined;
  /** For `tcp+tls://`: authorities, client certificate, server name, as in `tls.connect`. */
  tls?: tls.ConnectionOptions | undefined;
  /**
   * Milliseconds of silence of a server that owes a reply until the link is closed. FETCH takes up
   * to 2000.
   */
  silence: number;
}

/** Events of a link. */
export interface LinkEvents {
  /** The server accepted the HELLO; with its offer, when EXT was sent and is known. */
  up(offer: Extension | undefined): void;
  reply(reply: Reply): void;
  /**
   * Maximum number of bytes of the next reply; a longer one ends the link with `PROTOCOL`. Default
   * 8 MiB.
   */
  mostReply?(): number;
  /** The socket can take more writes. */
  room(): void;
  /** The link has ended. The last event, called once. */
  gone(error: FaktoryError): void;
}

const longestWelcome = 16_384; // bytes of the replies before the link is up: greeting, HELLO, EXT
const farewell = 1000; // ms for END
const longestProbe = 5000; // ms
const growth = { within: 60_000, least: 256 * 1024 } as const; // ms, bytes: a reply must end, or grow by `least` bytes, `within` this time
const mostReply = 8 * 1024 * 1024; // bytes
const longestGreeting = 1000; // ms; then the client checks whether a server without a greeting speaks TLS

export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #socket: net.Socket;
  readonly #reader = new ReplyReader({ decode, maxBytes: () => this.#events.mostReply?.() ?? mostReply });
  readonly #watch: NodeJS.Timeout;
  #state: 'greeting' | 'hello' | 'ext' | 'up' | 'ending' | 'gone' = 'greeting';
  #unanswered = 1; // the greeting is due
  #heard = 0;
  #greeting: NodeJS.Timeout | undefined;
  /**
   * When the reply that is arriving had last grown by `growth.least`, by `performance.now()`, and
   * its bytes then.
   */
  #grownAt = performance.now();
  #grownTo = 0;
  /** By `performance.now()`: since when a reply is due and the server is silent. */
  #quietSince = performance.now();

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#socket = dial(options.address, options.tls);
    this.#socket.setNoDelay(true).setKeepAlive(true, 15_000).unref();
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('drain', () => this.#state === 'up' && events.room());
    this.#socket.on('error', (cause) => this.#failed(cause));
    for (const event of ['end', 'close']) {
      this.#socket.on(event, () => this.die(this.#closedByServer('the server closed the connection')));
    }
    this.#watch = setTimeout(() => this.#silent(), Math.min(options.silence, longestTimer)).unref();
    this.#socket.once(options.address.tls ? 'secureConnect' : 'connect', () => this.#awaitGreeting());
  }

  get #gone(): boolean {
    return this.#state === 'gone';
  }

  get #isNew(): boolean {
    return this.#state === 'greeting' || this.#state === 'hello' || this.#state === 'ext';
  }

  /** Whether more may be written now. */
  get writable(): boolean {
    return this.#state === 'up' && !this.#socket.writableNeedDrain;
  }

  /** Sends lines that will get `replies` replies. Only while `writable`. */
  write(lines: string, replies: number): void {
    if (this.#unanswered === 0) this.#watchAnew();
    this.#unanswered += replies;
    this.#socket.write(lines);
  }

  /**
   * Sends END after the sent lines and then nothing more. The link ends when all replies have
   * arrived.
   */
  end(): void {
    if (this.#gone || this.#state === 'ending') return;
    if (this.#state !== 'up') {
      this.die(this.#closed('closed before the server greeted'));
      return;
    }
    this.#state = 'ending';
    this.#socket.end(write.end());
    this.#partIfDone();
  }

  /** Ends the link now. Does nothing when it has ended. */
  die(error: FaktoryError): void {
    if (this.#gone) return;
    this.#state = 'gone';
    clearTimeout(this.#watch);
    clearTimeout(this.#greeting);
    this.#socket.destroy();
    this.#events.gone(error);
  }

  #failed(cause: Error): void {
    const { address } = this.#options;
    const fault = address.tls && this.#state === 'greeting' ? tlsFault(cause, address) : undefined;
    this.die(fault ?? this.#closedByServer(reason(cause), cause));
  }

  #closedByServer(why: string, cause?: unknown): FaktoryError {
    const { address, tls } = this.#options;
    const unheard = address.tls && this.#state === 'greeting' && this.#heard === 0;
    const refused = unheard && !isUnreached(cause) ? refusedClient(address, tls) : undefined;
    if (refused instanceof FaktoryError) return refused;
    const where = refused === undefined ? '' : ` before its greeting; ${refused}`;
    return this.#closed(why + where, cause);
  }

  /**
   * A Faktory server greets at once. A server that does not may wait for a TLS handshake or an HTTP
   * request.
   */
  #awaitGreeting(): void {
    const { silence } = this.#options;
    const patience = Math.min(longestGreeting, silence / 4);
    this.#greeting = setTimeout(async () => {
      const fault = this.#heard === 0 ? await this.#otherProtocol(silence / 2) : undefined;
      if (fault && this.#heard === 0) this.die(fault);
    }, patience).unref();
  }

  async #otherProtocol(within: number): Promise<FaktoryError | undefined> {
    const { address, tls } = this.#options;
    const each = Math.min(within / 2, longestProbe);
    if (!address.tls && (await speaksTls(address, each))) return needsTls(address);
    return (await speaksHttp(address, tls, each)) ? speaksOther(address) : undefined;
  }

  #read(chunk: Uint8Array): void {
    if (this.#gone) return;
    this.#heard++;
    clearTimeout(this.#greeting);
    this.#watchAnew();
    try {
      if (this.#reader.pending === 0) this.#grownTo = -growth.least; // a new reply begins
      this.#reader.push(chunk);
      if (this.#isNew && this.#reader.pending > longestWelcome) {
        const text = `the server sent more than ${longestWelcome} bytes before the login was done; is this a Faktory server?`;
        throw new FaktoryError('PROTOCOL', text);
      }
      while (!this.#gone) {
        const reply = this.#reader.next();
        if (reply === undefined) break;
        this.#grownTo = -growth.least; // the next reply begins
        this.#take(reply);
      }
      this.#checkGrowth();
      this.#partIfDone();
    } catch (cause) {
      const told = cause instanceof FaktoryError;
      this.die(told ? cause : new FaktoryError('PROTOCOL', "cannot read the server's reply", { cause }));
    }
  }

  /**
   * A reply that arrives byte by byte would block all later calls, although the server is not
   * silent.
   */
  #checkGrowth(): void {
    const { pending } = this.#reader;
    const now = performance.now();
    const grown = pending - this.#grownTo;
    if (grown >= growth.least) {
      this.#grownAt = now;
      this.#grownTo = pending;
    } else if (now - this.#grownAt >= growth.within && this.#unanswered > 0) {
      const text = `a reply grew by ${grown} bytes in ${growth.within / 1000} s and has no end`;
      this.die(this.#closed(text));
    }
  }

  #take(reply: Reply): void {
    this.#unanswered--;
    if (this.#state === 'up' || this.#state === 'ending') {
      this.#events.reply(reply);
      return;
    }
    if (this.#state === 'ext') {
      this.#open(offerIn(reply));
      return;
    }
    if (reply.kind === 'error') throw wireError(reply.text);
    if (reply.kind !== 'simple')
      throw new FaktoryError('PROTOCOL', 'the greeting is not that of a Faktory server');
    if (this.#state === 'greeting') {
      this.#state = 'hello';
      this.write(write.hello(this.#hello(reply.text)), 1);
      return;
    }
    const ask = this.#options.extension?.();
    if (ask === undefined) {
      this.#open(undefined);
      return;
    }
    this.#state = 'ext';
    this.write(write.ext(ask), 1);
  }

  #open(offer: Extension | undefined): void {
    this.#state = 'up';
    this.#events.up(offer);
  }

  #hello(greeting: string): Hello {
    const { i: rounds = 1, s: salt } = parseGreeting(greeting);
    const hello: Hello = { v: protocolVersion, ...this.#options.hello };
    const { password, username } = this.#options.address;
    if (salt === undefined) return hello;
    if (password === undefined)
      throw new FaktoryError('AUTH', 'the server asks for a password and none was given');
    const pwdhash = passwordProof(password, { rounds, salt }, sha256);
    return { ...hello, ...(username !== undefined && { username }), pwdhash };
  }

  #watchAnew(): void {
    this.#quietSince = performance.now();
    this.#watch.refresh();
  }

  #silent(): void {
    if (this.#unanswered === 0) return;
    // Node may still run a timer that another timer of the same length refreshed just before: a
    // beat every five seconds does that.
    if (performance.now() - this.#quietSince < this.#options.silence - 1) {
      this.#watch.refresh();
      return;
    }
    const heard = this.#heard;
    // After a blocked event loop, timers run before sockets are read, so received bytes are read
    // first.
    setImmediate(() => {
      if (heard !== this.#heard) return;
      this.die(this.#closed(`the server has been silent for ${this.#options.silence} ms`));
    });
  }

  /**
   * All replies have arrived and END is sent: the server has a second to close, then this side
   * does. This timer keeps the process alive.
   */
  #partIfDone(): void {
    if (this.#state !== 'ending' || this.#unanswered > 0) return;
    const timer = setTimeout(
      () => this.die(this.#closed('the server did not close the connection after END')),
      farewell,
    );
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #closed(why: string, cause?: unknown): FaktoryError {
    const { host, port } = this.#options.address;
    return new FaktoryError('CLOSED', `${host}:${port}: ${why}`, { cause });
  }
}

/** Undefined: a server without extensions, or with others. */
function offerIn(reply: Reply): Extension | undefined {
  if (reply.kind === 'bulk') return readExtension(reply.text);
  const error = wireError(reply.kind === 'nil' ? '' : reply.text);
  if (reply.kind === 'error' && error.code !== 'UNKNOWN_COMMAND' && error.code !== 'INVALID') throw error;
  return undefined;
}

/** Whether no server was reached, so the dial was not refused by one. */
function isUnreached(cause: unknown): boolean {
  return cause !== undefined && (cause as NodeJS.ErrnoException).code !== 'ECONNRESET';
}

/** For a dial to several addresses, Node's error has no message and holds the real errors. */
function reason(error: Error): string {
  if (error.message !== '') return error.message;
  const inner =
    error instanceof AggregateError ? error.errors.map((one: Error) => one.message) : [error.name];
  return inner.join(', ');
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
