/*
 * One command that waits for its one reply.
 * It must never settle twice, nor leave a timer or a listener behind. A stranger would get wrong that a call that was sent and
 * then given up keeps its place in the order of replies: the connection still takes its reply, and throws it away.
 */

import { setMaxListeners } from 'node:events';
import { FaktoryError, type Reply } from '@faktory-ts/protocol';
import { checkKnown } from './known-options.ts';

/** What every call may say about waiting. */
export interface CallOptions {
  /**
   * Gives the call up: it rejects with `ABORTED`. What was already sent is carried out all the same.
   * The connection and the other calls on it go on.
   */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `TIMEOUT`, waiting for a connection included. Default: the client's `timeout`. */
  timeout?: number | undefined;
}

/** What the command behind a call allows. */
export interface CallRules {
  /** The line may be sent a second time when the connection breaks before its reply. */
  again?: boolean | undefined;
  /** A server that refuses the connection (password, protocol) does not end the call: that may be put right. */
  outlast?: boolean | undefined;
  /** Of the only job in a PUSH, which may then leave in one line with others. */
  jid?: string | undefined;
  /** A PUSH or PUSHB: on a connection with a producer it is sent again exactly when the server did not carry it out. */
  counted?: boolean | undefined;
  /** What is unknown when a line that must not be sent twice got no reply. */
  doubt?: string | undefined;
  /** Keys of `custom` in its jobs that need a feature of the server (features.ts). */
  needs?: readonly string[] | undefined;
  /** Takes the call back as long as it is unsent; `ABORTED`. Once it is sent, its reply is waited for. */
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

/** Throws `CONFIG` for an option of a call that does not exist, or cannot work. Gives the options. */
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

/** What a call needs of its connection. */
export interface CallPlace {
  /** The call is settled. */
  settled(call: Call): void;
  /** Why nothing could be sent. */
  trouble(): FaktoryError | undefined;
}

/** What leaves as one line and gets one reply: a call, or several pushes at once. */
export interface SentLine {
  readonly line: string;
  /** Those behind it that nobody has given up. */
  readonly calls: readonly Call[];
  readonly again: boolean;
  readonly outlasts: boolean;
  readonly counted: boolean;
  /** Which line of the producer it is, when it was sent and counted. */
  number: number;
  /** It was handed to a socket whose connection still stands. */
  sent: boolean;
  /** Nobody waits for it any more. */
  readonly settled: boolean;
  /** The server's reply. */
  answer(reply: Reply): void;
  /** The server's reply is an error. */
  refuse(error: FaktoryError): void;
  /** There will be no reply. */
  fail(error: FaktoryError): void;
  /** The connection broke after the line was sent, and it must not be sent again. */
  lose(cause: FaktoryError): void;
}

/** Milliseconds: what setTimeout takes, 24 days. */
export const longestTimer = 2 ** 31 - 1;

export class Call implements SentLine {
  readonly line: string;
  readonly again: boolean;
  readonly outlasts: boolean;
  readonly counted: boolean;
  /** Of a push that may leave in one line with others. */
  jid: string | undefined;
  readonly needs: readonly string[] | undefined;
  readonly calls: readonly Call[] = [this];
  /** Which line of the producer it was, when it was sent and counted. */
  number = 0;
  readonly reply: Promise<Reply>;
  /** The line was handed to a socket whose connection still stands. */
  sent = false;
  settled = false;
  readonly #options: CallOptions & CallRules;
  readonly #place: CallPlace;
  readonly #timeout: number;
  // A call in the air keeps the process alive by this timer; the socket does not.
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
    // After a blocked event loop timers run before the sockets are read: let a reply that has come win.
    this.#timer = setTimeout(() => setImmediate(() => this.#late()), this.#timeout);
    for (const signal of [options.signal, options.withdraw]) {
      // Many calls under one signal are no leak: each takes its listener away.
      if (signal !== undefined) setMaxListeners(0, signal);
    }
    options.signal?.addEventListener('abort', this.#onAbort);
    options.withdraw?.addEventListener('abort', this.#onWithdraw);
  }

  /** The reply has come. Without effect when the call was given up. */
  answer(reply: Reply): void {
    if (this.#settle()) this.#resolve(reply);
  }

  refuse(error: FaktoryError): void {
    this.fail(error);
  }

  /** There will be no reply, or it is an error. Without effect when the call was given up. */
  fail(error: FaktoryError): void {
    if (this.#settle()) this.#reject(error);
  }

  /** The connection broke after the line was sent, and it must not be sent again. */
  lose(cause: FaktoryError): void {
    this.fail(
      new FaktoryError('CLOSED', `${this.#verb} got no answer, the connection broke${this.#doubt}`, {
        cause,
      }),
    );
  }

  readonly #onAbort = (): void => {
    const cause = this.#options.signal?.reason;
    this.fail(
      new FaktoryError('ABORTED', `${this.#verb} was given up${this.sent ? this.#doubt : ''}`, { cause }),
    );
  };

  readonly #onWithdraw = (): void => {
    if (!this.sent) this.fail(new FaktoryError('ABORTED', `${this.#verb} was taken back before it was sent`));
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
