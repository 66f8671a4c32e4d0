/**
 * A connection that replaces its link when the link breaks. Many calls may be pending; replies
 * arrive in order. A line is sent twice only when its call allows it. Note: it dials only when a
 * call waits, so a broken idle connection stays closed until the next call.
 */

import { type Extension, extensionVersion, FaktoryError, type Reply, wireError } from '@faktory-ts/protocol';
import { backoff } from './backoff.ts';
import { Call, type CallOptions, type CallRules, checkCall, longestTimer, type SentLine } from './call.ts';
import { type ConnectionOptions, isLasting } from './connection-options.ts';
import { FeatureGate, type ServerFeatures } from './features.ts';
import { Link, type LinkOptions } from './link.ts';
import { NumberedCalls } from './numbered.ts';
import { PushBatch } from './push-batch.ts';
import { SentCalls } from './sent.ts';
import type { ServerAddress } from './url.ts';

/** The reply to a call without a line, which only waits for a connection. */
const connected: Reply = { kind: 'simple', text: '' };

/**
 * A call is *waiting* → *sent* → settled. When the link breaks, sent calls that may be repeated
 * wait again, before the others; a producer's pushes stay undecided until the next link
 * (numbered.ts); others reject with `CLOSED`. A sent call keeps its place until its reply arrives.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #timeout: number;
  readonly #maxWaiting: number;
  #waiting = new Set<Call>();
  readonly #sent = new SentCalls();
  readonly #numbered: NumberedCalls | undefined;
  readonly #gate: FeatureGate;
  #link: Link | undefined;
  /** The server of the link. */
  #address: ServerAddress | undefined;
  #up = false;
  #flushing = false;
  #offer: Extension | undefined;
  /** This side ends the link, so its end is not an error. */
  #leaving = false;
  #failures = 0;
  /** Runs out after a time without calls. */
  #idle: NodeJS.Timeout | undefined;
  #redial: NodeJS.Timeout | undefined;
  #trouble: FaktoryError | undefined;
  /** Why new calls are refused. */
  #refusal: FaktoryError | undefined;
  #closed: Promise<void> | undefined;
  /** Called when a call has settled or the link has closed. */
  #onChange: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#timeout = options.timeout ?? 5000;
    this.#maxWaiting = options.maxWaiting ?? 10_000;
    this.#numbered = options.producer && new NumberedCalls(options.producer);
    this.#gate = new FeatureGate(this.#timeout, () => this.#wake());
  }

  /**
   * Sends a line when there is a connection; returns its reply. Lines of a turn leave in one write.
   *
   * @throws FaktoryError the server's error; `TIMEOUT`; `ABORTED`; `LIMIT` when too many calls
   * wait; `CLOSED` when the connection broke before the reply or is closed; `AUTH`, `PROTOCOL` or
   * `CONFIG`.
   */
  async call(line: string, options: CallOptions & CallRules = {}): Promise<Reply> {
    checkCall(options);
    if (this.#refusal !== undefined) throw this.#refusal;
    if (options.signal?.aborted || options.withdraw?.aborted) {
      throw new FaktoryError('ABORTED', 'aborted before it was sent', { cause: options.signal?.reason });
    }
    if (this.#failures > 0 && !this.#up && this.#waiting.size >= this.#maxWaiting) {
      const text = `${this.#waiting.size} calls already wait for the server: ${this.#trouble?.message}`;
      throw new FaktoryError('LIMIT', text, { cause: this.#trouble });
    }
    const timeout = options.timeout ?? this.#timeout;
    const call = new Call(
      line,
      { ...options, timeout },
      {
        settled: (done) => this.#left(done),
        trouble: () => this.#trouble,
      },
    );
    this.#waiting.add(call);
    this.#wake();
    return call.reply;
  }

  /**
   * Resolves when there is a connection; dials when there is none. Returns the offer of extensions;
   * undefined: none, or this connection does not send EXT.
   *
   * @throws FaktoryError as {@link Connection.call}.
   */
  async ready(options?: CallOptions & CallRules): Promise<Extension | undefined> {
    if (!this.#up || this.#refusal !== undefined) await this.call('', options);
    return this.#offer;
  }

  /** The server's current offer; undefined also without a connection. */
  get offer(): Extension | undefined {
    return this.#up ? this.#offer : undefined;
  }

  /** Features of this server, or of the one before a break. Undefined while unknown. */
  get features(): ServerFeatures | undefined {
    return this.#gate.known;
  }

  /** Refuses new calls, waits until pending ones have settled, sends END. Never rejects. */
  close(): Promise<void> {
    this.#refusal ??= new FaktoryError('CLOSED', 'the connection was closed by this program');
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  /** Ends at once: every call rejects with this error, now and later. */
  abort(error: FaktoryError): void {
    this.#refusal = error;
    const calls = [...this.#sent.drain(), ...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call.fail(error);
    this.#numbered?.abort(error);
    clearTimeout(this.#redial);
    this.#leaving = true;
    this.#link?.die(error);
    this.#changed();
  }

  /** Drops the link as if it had broken: the next call dials again. */
  reconnect(): void {
    this.#link?.die(new FaktoryError('CLOSED', 'reconnecting'));
  }

  /** Sends END after the sent lines, whose replies still arrive. */
  hangUp(): void {
    if (this.#link === undefined) return;
    this.#up = false;
    this.#leaving = true;
    this.#link.end();
  }

  /** Calls that are neither settled nor sent. */
  get #pending(): number {
    return this.#waiting.size + (this.#numbered?.doubtful ?? 0);
  }

  #wake(): void {
    if (this.#pending === 0) return;
    if (this.#up) {
      if (this.#flushing) return;
      this.#flushing = true;
      // Runs after all code of this turn, promise reactions included.
      process.nextTick(() => this.#flush());
      return;
    }
    if (this.#link !== undefined || this.#redial !== undefined) return;
    const wait = backoff(this.#failures);
    if (wait === 0) this.#dial();
    else this.#redial = setTimeout(() => this.#redialled(), wait).unref();
  }

  #redialled(): void {
    this.#redial = undefined;
    if (this.#pending > 0 && this.#link === undefined) this.#dial();
  }

  #dial(): void {
    const { addresses, hello, tls } = this.#options;
    const extension = this.#ask();
    const address = addresses[this.#failures % addresses.length] as ServerAddress;
    this.#address = address;
    try {
      this.#link = new Link(
        { address, hello, tls, extension, silence: this.#timeout },
        {
          up: (offer) => this.#connected(offer, address),
          reply: (reply) => this.#take(reply),
          mostReply: () => this.#sent.mostReply,
          room: () => this.#wake(),
          gone: (error) => this.#lost(error),
        },
      );
    } catch (cause) {
      // tls.connect throws for invalid options.
      this.#lost(new FaktoryError('CONFIG', `cannot dial: ${(cause as Error).message}`, { cause }));
    }
  }

  #ask(): LinkOptions['extension'] {
    const { extension } = this.#options;
    const numbered = this.#numbered;
    if (numbered === undefined) return extension;
    return () => ({ v: extensionVersion, ...extension?.(), ...numbered.ask() });
  }

  #connected(offer: Extension | undefined, address: ServerAddress): void {
    this.#up = true;
    this.#offer = offer;
    this.#gate.connected(offer, address);
    this.#waitAgain(this.#numbered?.connected(offer, address) ?? []);
    this.#trouble = undefined;
    const { idleTimeout = Number.POSITIVE_INFINITY } = this.#options;
    if (idleTimeout <= longestTimer) this.#idle = setTimeout(() => this.#rest(), idleTimeout).unref();
    this.#options.onUp?.();
    this.#flush();
  }

  #flush(): void {
    this.#flushing = false;
    if (!this.#up || !this.#link?.writable || this.#waiting.size === 0) return;
    let text = '';
    let replies = 0;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      line.sent = true;
      if (line.counted) this.#numbered?.number(line);
      this.#sent.push(line);
      text += line.line;
      replies++;
    }
    if (replies > 0) this.#link.write(text, replies);
  }

  /** Takes the next line from the waiting calls; adjacent pushes become one line. */
  #next(): SentLine | undefined {
    let batch: PushBatch | undefined;
    for (const call of this.#waiting) {
      const { jid, counted, needs } = call;
      // The calls after it wait too, because pushes leave in order.
      if (counted && this.#numbered?.mayNumber === false) break;
      if (needs !== undefined) {
        if (batch && !this.#gate.open) break;
        const may = this.#gate.judge(needs);
        if (may instanceof FaktoryError) {
          call.fail(may);
          continue;
        }
        if (may !== true) return may || undefined;
      }
      if (jid !== undefined && this.#numbered?.counts) {
        batch ??= new PushBatch(this.#offer?.max_settle ?? 1, this.#alone);
        if (!batch.add(call, jid)) break;
        this.#waiting.delete(call);
        continue;
      }
      if (batch) break;
      this.#waiting.delete(call);
      if (call.line !== '') return call;
      call.answer(connected);
    }
    return batch?.whole();
  }

  #take(reply: Reply): void {
    const error = reply.kind === 'error' ? wireError(reply.text) : undefined;
    const call = this.#sent.shift();
    if (call === undefined) {
      throw error ?? new FaktoryError('PROTOCOL', 'the server sent a reply without a command');
    }
    if (error?.code === 'SHUTDOWN') {
      // The server closes without carrying out this line: it waits for the next one.
      if (!this.#numbered?.putBack(call)) this.#waitAgain([call]);
      throw error;
    }
    this.#failures = 0;
    this.#numbered?.heard(call, error);
    if (this.#waiting.size > 0) this.#wake();
    else if (this.#sent.size === 0) this.#idle?.refresh();
    if (error !== undefined) call.refuse(error);
    else call.answer(reply);
    this.#changed();
  }

  /** Closes the socket after a time without calls; the next call dials. */
  #rest(): void {
    if (this.#pending + this.#sent.size > 0) this.#idle?.refresh();
    else this.hangUp();
  }

  #lost(error: FaktoryError): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    const dialling = !this.#up;
    const leaving = this.#leaving;
    this.#link = undefined;
    this.#up = false;
    this.#leaving = false;
    if (!leaving) {
      this.#failures++;
      this.#trouble = error;
    }
    const sent = this.#sent.drain();
    // A repeated line would get the same reply. See below for calls with `outlast`.
    if (error.code === 'PROTOCOL' && sent[0]?.again && !sent[0].outlasts) sent[0].fail(error);
    const cut = sent.filter((call) => !call.settled);
    this.#waitAgain(cut.filter((call) => call.again));
    const rest = cut.filter((call) => !call.again);
    if (this.#numbered) this.#numbered.cut(rest, this.#address, error);
    else for (const call of rest) call.lose(error);
    if (dialling && isLasting(error)) {
      this.#numbered?.lose(error);
      for (const call of [...this.#waiting]) if (!call.outlasts) call.fail(error);
    }
    if (!leaving) this.#options.onDown?.(error);
    this.#wake();
    this.#changed();
  }

  #waitAgain(lines: readonly SentLine[]): void {
    if (lines.length === 0) return;
    for (const line of lines) line.sent = false;
    const calls = lines.flatMap((line) => line.calls).filter(({ settled }) => !settled);
    this.#waiting = new Set([...calls, ...this.#waiting]);
  }

  /** Sends pushes one by one after the server refused their common line. */
  readonly #alone = (calls: readonly Call[]): void => {
    for (const call of calls) call.jid = undefined;
    this.#waitAgain(calls);
    this.#wake();
  };

  #left(call: Call): void {
    this.#waiting.delete(call);
    this.#numbered?.left();
    this.#changed();
  }

  #changed(): void {
    this.#onChange?.();
  }

  async #finish(): Promise<void> {
    await this.#until(() => this.#pending + this.#sent.size === 0);
    clearTimeout(this.#redial);
    this.hangUp();
    await this.#until(() => this.#link === undefined);
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }
}
