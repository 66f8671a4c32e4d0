/**
 * A connection before its HELLO is accepted: greeted, then asked who it is, for so long and with so many bytes. It never starts a command.
 *
 * Note: a client may send its first commands, and close its side, before it is let in; both are kept for the connection that it becomes.
 */
import type { Socket } from 'node:net';
import { errorReply, FaktoryError, type Hello, LineReader } from '@faktory-ts/protocol';
import type { Access, Caller } from '../access/access.ts';
import { farewell } from './farewell.ts';
import { Handshake } from './handshake.ts';

/** Who was let in. */
export interface Arrival {
  readonly socket: Socket;
  readonly hello: Hello;
  readonly caller: Caller;
  /** What it has sent behind its HELLO. */
  readonly reader: LineReader;
  /** It has closed its side. */
  readonly ended: boolean;
}

export interface NewConnectionLimits {
  readonly access: Access;
  readonly maxLineBytes: number;
  /** ms for the HELLO. */
  readonly handshakeTimeout: number;
  /** Throws FORBIDDEN when this worker is another secret's. */
  readonly permitWid: (wid: string, caller: Caller, address: string) => Promise<void>;
}

/** What a connection reports. */
export interface NewConnectionHooks {
  /** Its HELLO has come. */
  asks(): void;
  /** It is not let in, and is told why. */
  refused(): void;
  /** It is let in; called at most once. */
  admit(arrival: Arrival): void;
}

const MOST_BEFORE_HELLO = 64 * 1024; // bytes
const PART = 1024 * 1024; // bytes of a longer line that are decoded in a turn
const LONGEST_CHECK = 30_000; // ms in line with other logins

export class NewConnection {
  readonly #socket: Socket;
  readonly #limits: NewConnectionLimits;
  readonly #handshake: Handshake;
  readonly #reader: LineReader;
  readonly #hooks: NewConnectionHooks;
  #late: NodeJS.Timeout;
  #asked = false;
  #ended = false;

  /** A socket that is not let in is closed. */
  constructor(socket: Socket, limits: NewConnectionLimits, hooks: NewConnectionHooks) {
    this.#socket = socket;
    this.#limits = limits;
    this.#hooks = hooks;
    this.#handshake = new Handshake(limits.access);
    this.#reader = new LineReader({ maxBytes: limits.maxLineBytes, decode, part: PART });
    this.#late = setTimeout(this.#giveUp, limits.handshakeTimeout);
    socket.on('data', this.#read).on('end', this.#end).on('close', this.#leave);
    socket.write(this.#handshake.greeting);
  }

  readonly #giveUp = (): void => void this.#socket.destroy();
  readonly #leave = (): void => clearTimeout(this.#late);
  readonly #end = (): void => {
    this.#ended = true;
    if (!this.#asked) this.#giveUp();
  };

  readonly #read = (chunk: Uint8Array): void => {
    try {
      this.#reader.push(chunk);
      const line = this.#asked ? undefined : this.#reader.next();
      if (line !== undefined) void this.#check(line);
      else if (this.#reader.pending > MOST_BEFORE_HELLO && this.#asked) this.#socket.pause();
      else if (this.#reader.pending > MOST_BEFORE_HELLO) this.#giveUp();
    } catch {
      this.#giveUp(); // a line that is too long, before anything was said
    }
  };

  async #check(line: string): Promise<void> {
    const socket = this.#socket;
    this.#asked = true;
    this.#hooks.asks();
    clearTimeout(this.#late);
    this.#late = setTimeout(this.#giveUp, LONGEST_CHECK);
    const address = socket.remoteAddress ?? '';
    try {
      // Who closes its side while its proof waits has given up: nobody else tells that apart from half a close.
      const gone = (): boolean => socket.destroyed || this.#ended;
      const known = await this.#handshake.accept(line, { address, gone });
      if (known?.hello.wid) await this.#limits.permitWid(known.hello.wid, known.caller, address);
      this.#leave();
      socket.off('data', this.#read).off('end', this.#end).off('close', this.#leave);
      if (!known) socket.destroy();
      else if (!socket.destroyed)
        this.#hooks.admit({ socket, ...known, reader: this.#reader, ended: this.#ended });
    } catch (error) {
      if (!(error instanceof FaktoryError)) throw error;
      socket.off('data', this.#read);
      socket.write(errorReply(error));
      farewell(socket, this.#limits.handshakeTimeout);
      this.#hooks.refused();
    }
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}
