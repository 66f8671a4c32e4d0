/**
 * A command that waits for its reply. It settles once and then removes its timer and listeners.
 *
 * Note: an aborted call that was sent keeps its place in the order of replies. The connection reads
 * its reply and drops it.
 */

import { setMaxListeners } from 'node:events';
import { FaktoryError, type Reply } from '@faktory-ts/protocol';
import { checkKnown } from './known-options.ts';

/** Options of every call that waits. */
export interface CallOptions {
  /**
   * Aborts the call: it rejects with `ABORTED`. The server still carries out what was sent. The
   * connection and its other calls continue.
   */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds until the call rejects with `TIMEOUT`, including the wait for a connection.
   * Default: the client's `timeout`.
   */
  timeout?: number | undefined;
}

/** Rules of the command that the call sends. */
export interface CallRules {
  /** The line may be sent a second time when the connection breaks before its reply. */
  again?: boolean | undefined;
  /**
   * The call keeps waiting when a server refuses the connection (password, protocol), because that
   * may be corrected.
   */
  outlast?: boolean | undefined;
  /** The jid of a PUSH, which may be merged into one line with others. */
  jid?: string | undefined;
  /**
   * A PUSH or PUSHB. On a connection with a producer it is sent again exactly when the server did
   * not carry it out.
   */
  counted?: boolean | undefined;
  /** What is unknown when a line that must not be sent twice got no reply. */
  doubt?: string | undefined;
  /** Keys of `custom` in its jobs that need a feature of the server (features.ts). */
  needs?: readonly string[] | undefined;
  /**
   * Rejects the call with `ABORTED` if it is not sent yet. A call that was sent waits for its
   * reply.
   */
  withdraw?: AbortSignal | undefined;
}

const names = [
  'signal',
  'timeout',
  'again',
  'outlast',
  'jid',
  'counted',
  'doubt',
  'withdraw',
  'needs',
] as const satisfies readonly (keyof (CallOptions & CallRules))[];

/** Throws `CONFIG` for an unknown or invalid option of a call. Returns the options. */
export function checkCall(options: CallOptions & CallRules): CallOptions & CallRules {
  checkKnown('the options of a call', options, names);
  const { timeout, signal } = options;
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    throw new FaktoryError('CONFIG', `timeout is ${String(timeout)}; give more than 0 milliseconds`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new FaktoryError('CONFIG', 'signal must be an AbortSignal');
  }
  return options;
}

/** The connection, as a call needs it. */
export interface CallPlace {
  /** Called when the call has settled. */
  settled(call: Call): void;
  /** Why nothing could be sent. */
  trouble(): FaktoryError | undefined;
}

/** A line that gets one reply: a call, or several pushes in one. */
export interface SentLine {
  readonly line: string;
  /** Its calls that have not settled. */
  readonly calls: readonly Call[];
  readonly again: boolean;
  readonly outlasts: boolean;
  readonly counted: boolean;
  /** Number of the line for the producer, when it was sent and is counted. */
  number: number;
  /** The line was written to a socket whose connection still exists. */
  sent: boolean;
  /** All its calls have settled. */
  readonly settled: boolean;
  /** Handles the server's reply. */
  answer(reply: Reply): void;
  /** Handles an error reply of the server. */
  refuse(error: FaktoryError): void;
  /** Rejects: there will be no reply. */
  fail(error: FaktoryError): void;
  /** Rejects: the connection broke after the line was sent, and it must not be sent again. */
  lose(cause: FaktoryError): void;
}

/** Milliseconds: the longest time that setTimeout takes, 24 days. */
export const longestTimer = 2 ** 31 - 1;

export class Call implements SentLine {
  readonly line: string;
  readonly again: boolean;
  readonly outlasts: boolean;
  readonly counted: boolean;
  /** Set for a push that may be merged into one line with others. */
  jid: string | undefined;
  readonly needs: readonly string[] | undefined;
  readonly calls: readonly Call[] = [this];
  /** Number of the line for the producer, when it was sent and is counted. */
  number = 0;
  readonly reply: Promise<Reply>;
  /** The line was written to a socket whose connection still exists. */
  sent = false;
  settled = false;
  readonly #options: CallOptions & CallRules;
  readonly #place: CallPlace;
  readonly #timeout: number;
  // This timer keeps the process alive during a call; the socket does not.
  readonly #timer: NodeJS.Timeout;
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: FaktoryError) => void = () => {};

  constructor(line: string, options: CallOptions & CallRules & { timeout: number }, place: CallPlace) {
    this.line = line;
    this.again = options.again ?? false;
    this.outlasts = options.outlast ?? false;
    this.counted = options.counted ?? false;
    this.jid = options.jid;
    this.needs = options.needs;
    this.#options = options;
    this.#place = place;
    this.#timeout = Math.min(options.timeout, longestTimer);
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // After a blocked event loop, timers run before sockets are read. setImmediate lets a received
    // reply win.
    this.#timer = setTimeout(() => setImmediate(() => this.#late()), this.#timeout);
    for (const signal of [options.signal, options.withdraw]) {
      // Avoids Node's warning about a leak: many calls may share a signal, and each removes its
      // listener.
      if (signal !== undefined) setMaxListeners(0, signal);
    }
    options.signal?.addEventListener('abort', this.#onAbort);
    options.withdraw?.addEventListener('abort', this.#onWithdraw);
  }

  /** Resolves with the reply. Has no effect on a settled call. */
  answer(reply: Reply): void {
    if (this.#settle()) this.#resolve(reply);
  }

  refuse(error: FaktoryError): void {
    this.fail(error);
  }

  /** Rejects the call. Has no effect on a settled call. */
  fail(error: FaktoryError): void {
    if (this.#settle()) this.#reject(error);
  }

  /**
   * Rejects with `CLOSED`: the connection broke after the line was sent, and it must not be sent
   * again.
   */
  lose(cause: FaktoryError): void {
    this.fail(
      new FaktoryError('CLOSED', `${this.#verb} got no reply: the connection broke${this.#doubt}`, {
        cause,
      }),
    );
  }

  readonly #onAbort = (): void => {
    const cause = this.#options.signal?.reason;
    this.fail(
      new FaktoryError('ABORTED', `${this.#verb} was aborted${this.sent ? this.#doubt : ''}`, { cause }),
    );
  };

  readonly #onWithdraw = (): void => {
    if (!this.sent) this.fail(new FaktoryError('ABORTED', `${this.#verb} was withdrawn before it was sent`));
  };

  #late(): void {
    if (this.settled) return;
    if (this.sent) {
      this.fail(
        new FaktoryError('TIMEOUT', `${this.#verb} got no answer in ${this.#timeout} ms${this.#doubt}`),
      );
      return;
    }
    const cause = this.#place.trouble();
    const why = cause === undefined ? '' : `: ${cause.message}`;
    const what = this.line === '' ? 'there was no connection' : `${this.#verb} could not be sent`;
    this.fail(new FaktoryError('TIMEOUT', `${what} in ${this.#timeout} ms${why}`, { cause }));
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#options.withdraw?.removeEventListener('abort', this.#onWithdraw);
    this.#place.settled(this);
    return true;
  }

  get #verb(): string {
    return /^\w*/.exec(this.line)?.[0] || 'waiting for a connection';
  }

  get #doubt(): string {
    return this.#options.doubt === undefined ? '' : `: ${this.#options.doubt}`;
  }
}
