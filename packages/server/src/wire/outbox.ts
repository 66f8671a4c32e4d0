/**
 * What a connection still has to say: replies of one moment leave in one write, and unread ones are bounded.
 *
 * "One moment" ends when nothing more is owed, or when all promises that a commit settled have run (process.nextTick
 * comes after them): so the replies to pipelined commands share a system call, and a client that waits for one reply has
 * it before the replies to others are made.
 */
import type { Socket } from 'node:net';
import type { Answer } from './commands.ts';
import { farewell } from './farewell.ts';
import type { Debtor, Unsent } from './unsent.ts';

export interface OutboxLimits {
  readonly maxUnsentBytes: number;
  readonly unsentTimeout: number;
  /** The replies of all connections that are not read. */
  readonly unsent: Unsent;
}

export class Outbox implements Debtor {
  readonly #socket: Socket;
  readonly #limits: OutboxLimits;
  readonly #onRoom: () => void;
  #text = '';
  /** Large replies and the texts before each of them. */
  #before: (string | Uint8Array)[] = [];
  #lost: (() => void)[] = [];
  /** Bytes of a large reply that is being made. */
  #making = 0;
  #scheduled = false;
  #ending = false;
  /** The farewell is said. */
  #said = false;
  #full = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limits: OutboxLimits, onRoom: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onRoom = onRoom;
    socket.on('drain', () => this.#drained());
  }

  /** Too much is unread: start no more commands. */
  get full(): boolean {
    return this.#full;
  }

  get unsent(): number {
    return this.#making + this.#socket.writableLength;
  }

  /** A reply of so many characters is being made, until it is added. */
  makes(characters: number): void {
    if (this.#socket.destroyed) return;
    this.#making = characters;
    this.#limits.unsent.note(this);
  }

  /** Too many bytes are unread, here and in all connections. */
  close(): void {
    this.#socket.destroy();
  }

  /** Keeps a reply until `send` or the end of the moment. */
  add(answer: Exclude<Answer, undefined>): void {
    this.#making = 0;
    if (typeof answer === 'string') {
      this.#text += answer;
    } else {
      if (typeof answer.text === 'string') this.#text += answer.text;
      else {
        this.#before.push(this.#text, ...answer.text);
        this.#text = '';
      }
      this.#lost.push(answer.lost);
    }
  }

  /** Closes the connection once everything is said. */
  end(): void {
    this.#ending = true;
    this.schedule();
  }

  /** The socket is gone: what was not handed to it is lost. */
  closed(): void {
    clearTimeout(this.#timer);
    this.#limits.unsent.remove(this);
    this.#giveUp();
  }

  /** Sends when the moment ends. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#tick);
  }

  readonly #tick = (): void => {
    this.#scheduled = false;
    this.send();
  };

  /** Sends now. */
  send(): void {
    if (this.#socket.destroyed || !this.#socket.writable) {
      this.#giveUp();
      return;
    }
    if (this.#text !== '' || this.#before.length > 0) this.#write();
    if (this.#ending && !this.#said) farewell(this.#socket, this.#limits.unsentTimeout);
    this.#said = this.#ending;
  }

  #write(): void {
    const last = this.#before.length > 0 ? this.#writeLarge() : this.#text;
    const lost = this.#lost;
    this.#text = '';
    if (lost.length === 0) {
      this.#socket.write(last);
    } else {
      this.#lost = [];
      this.#socket.write(last, (error) => {
        if (error) for (const tell of lost) tell();
      });
    }
    if (!this.#socket.writableNeedDrain) return;
    this.#limits.unsent.note(this);
    if (this.#socket.writableLength > this.#limits.maxUnsentBytes) this.#wait();
  }

  /** Writes all but the last part, and returns that. */
  #writeLarge(): string | Uint8Array {
    const parts = [...this.#before, this.#text].filter(({ length }) => length > 0);
    this.#before = [];
    const last = parts.pop() ?? '';
    for (const part of parts) this.#socket.write(part);
    return last;
  }

  #wait(): void {
    if (this.#full) return;
    this.#full = true;
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#limits.unsentTimeout);
  }

  #drained(): void {
    this.#limits.unsent.note(this);
    if (!this.#full) return;
    this.#full = false;
    clearTimeout(this.#timer);
    this.#onRoom();
  }

  #giveUp(): void {
    const lost = this.#lost;
    this.#text = '';
    this.#before = [];
    this.#lost = [];
    for (const tell of lost) tell();
  }
}
