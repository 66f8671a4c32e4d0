/**
 * Sends stored lines (spool, outbox) to the server in their order, each exactly once where the
 * server counts. A line is not sent while it is unknown whether the server has it.
 *
 * Note: the store numbers its lines permanently, so another process can continue where one was
 * killed.
 */

import {
  type Extension,
  extensionVersion,
  FaktoryError,
  isUncounted,
  type LineRefusal,
  type Reply,
  wireError,
  write,
} from '@faktory-ts/protocol';
import { ServerFeatures } from '../features.ts';
import type { LinkOptions } from '../link.ts';
import type { ServerAddress } from '../url.ts';
import { Talk } from './talk.ts';

/** A stored PUSH or PUSHB. */
export interface KeptLine {
  /** Number among the lines of its producer, from 1. */
  number: number;
  /** The command without its line end. */
  text: string;
}

/** The producer's name, and how far its lines are counted. */
export interface Count {
  producer: string;
  /** Number of settled lines. */
  answered: number;
  /** Number of the last line that may have been sent. */
  sent: number;
}

/** A line and the server's answer. */
export interface AnsweredLine<Line extends KeptLine> {
  line: Line;
  /** An error for the whole line, or jid → reason. */
  refusal: LineRefusal | undefined;
  /**
   * The line is longer than this server accepts, and is not counted: it can never be carried out as
   * it is.
   */
  tooLong: boolean;
}

/** A store of lines. An error of it ends the round. */
export interface LineStore<Line extends KeptLine> {
  count(): Promise<Count>;
  /**
   * The first waiting lines, at most 500, because the server keeps the refusals of 1,000. Empty:
   * nothing waits. `features` returns the server's features, for a store that refuses jobs itself.
   */
  next(features: () => Promise<ServerFeatures>): Promise<readonly Line[]>;
  /**
   * Settles the first lines, which are answered. True: some of their jobs wait because their queue
   * is full; retry later.
   */
  settle(answered: readonly AnsweredLine<Line>[]): Promise<boolean>;
  /**
   * The server's count differs from `seen`: the waiting lines get a new producer. Does nothing when
   * `seen` is out of date.
   */
  renew(seen: Count): Promise<void>;
}

/** The servers and how to dial them. */
export interface DeliveryOptions extends Omit<LinkOptions, 'address' | 'extension'> {
  addresses: readonly ServerAddress[];
}

export class Delivery<Line extends KeptLine> {
  readonly #store: LineStore<Line>;
  readonly #options: DeliveryOptions;
  #talk: Talk | undefined;
  /** The server's offer for this connection. */
  #offer: Extension | undefined;
  #address: ServerAddress | undefined;
  /** The server's features, once asked. */
  #features: ServerFeatures | undefined;
  /** Number of lines that the server has counted. */
  #counted = 0;
  /** Why nothing more can be sent on this connection. */
  #trouble: FaktoryError | undefined;
  /** Failed rounds since the server last answered a line. */
  failures = 0;

  constructor(store: LineStore<Line>, options: DeliveryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Sends until nothing waits (false), or until the waiting jobs have full queues (true). Keeps the
   * connection.
   *
   * @throws FaktoryError the error of the store or the connection, which is then closed.
   */
  async round(): Promise<boolean> {
    try {
      for (;;) {
        const talk = this.#talk ?? (await this.#connect());
        const lines = await this.#store.next(() => this.#askFeatures(talk));
        if (lines.length === 0) return false;
        const told = lines.filter(({ number }) => number <= (this.#offer?.pushed ?? 0));
        const answered =
          told.length > 0 ? told.map((line) => this.#told(line)) : await this.#send(talk, lines);
        if (answered.length > 0 && (await this.#store.settle(answered))) return true;
        if (this.#trouble) throw this.#trouble;
      }
    } catch (error) {
      this.failures++;
      this.hangUp();
      throw error;
    }
  }

  /** Closes the connection. A running round rejects. */
  hangUp(): void {
    const talk = this.#talk;
    this.#talk = undefined;
    talk?.leave(new FaktoryError('ABORTED', 'the connection was closed by this program'));
  }

  async #connect(): Promise<Talk> {
    for (;;) {
      const count = await this.#store.count();
      const talk = this.#dial(count);
      this.#talk = talk;
      this.#trouble = undefined;
      const offer = await opened(talk);
      if (offer === 'refused') {
        await this.#store.renew(count);
        continue;
      }
      this.#offer = offer;
      const { pushed } = offer ?? {};
      this.#counted = pushed ?? 0;
      if (pushed === undefined || (pushed >= count.answered && pushed <= count.sent)) return talk;
      await this.#store.renew(count);
      this.hangUp();
    }
  }

  #dial({ producer, answered }: Count): Talk {
    const { addresses, ...options } = this.#options;
    const address = addresses[this.failures % addresses.length] as ServerAddress;
    const ask = { v: extensionVersion, producer, ...(answered > 0 && { answered }) };
    this.#address = address;
    this.#features = undefined;
    try {
      return new Talk({ ...options, address, extension: () => ask });
    } catch (cause) {
      // tls.connect throws for invalid options.
      throw new FaktoryError('CONFIG', `cannot dial: ${(cause as Error).message}`, { cause });
    }
  }

  /** The answer to a line that was carried out before this connection. */
  #told(line: Line): AnsweredLine<Line> {
    return { line, refusal: this.#offer?.refused?.[line.number], tooLong: false };
  }

  /** Features by the answer to EXT, otherwise by INFO, once a connection. */
  async #askFeatures(talk: Talk): Promise<ServerFeatures> {
    const address = this.#address as ServerAddress;
    this.#features ??= ServerFeatures.offered(this.#offer, address);
    if (this.#features) return this.#features;
    const [reply] = await talk.ask(write.info(), 1);
    if (reply === undefined) throw talk.error ?? new FaktoryError('CLOSED', 'the server did not answer INFO');
    this.#features = ServerFeatures.described(reply, address);
    return this.#features;
  }

  async #send(talk: Talk, lines: readonly Line[]): Promise<AnsweredLine<Line>[]> {
    if (this.#offer?.pushed !== undefined && lines[0]?.number !== this.#counted + 1) {
      throw new FaktoryError('CLOSED', 'another process has sent lines of this producer');
    }
    const replies = await talk.ask(lines.map(({ text }) => `${text}\r\n`).join(''), lines.length);
    const answered: AnsweredLine<Line>[] = [];
    for (const [index, reply] of replies.entries()) {
      const error = reply.kind === 'error' ? wireError(reply.text) : undefined;
      const uncounted = error !== undefined && isUncounted(error);
      // The server closes the connection after such an error, and has not read the lines after this
      // one.
      if (uncounted) this.#trouble = error;
      if (uncounted && error.code !== 'LIMIT') break;
      answered.push({ line: lines[index] as Line, refusal: refusalIn(reply), tooLong: uncounted });
      if (uncounted) break;
    }
    if (answered.length > 0) this.failures = 0;
    if (answered.length < lines.length) this.#trouble ??= talk.error;
    this.#counted += answered.length;
    return answered;
  }
}

/**
 * `refused`: the name belongs to another secret, for example to the password that was used before
 * there were tokens.
 */
async function opened(talk: Talk): Promise<Extension | 'refused' | undefined> {
  try {
    return await talk.opened;
  } catch (error) {
    const other = error instanceof FaktoryError && error.code === 'FORBIDDEN';
    if (other && error.message.includes('the producer name')) return 'refused';
    throw error;
  }
}

function refusalIn(reply: Reply): LineRefusal | undefined {
  if (reply.kind === 'error') return reply.text;
  if (reply.kind === 'simple' || (reply.kind === 'bulk' && reply.text === '{}')) return undefined;
  if (reply.kind === 'bulk') return JSON.parse(reply.text) as Record<string, string>;
  throw new FaktoryError('PROTOCOL', 'unexpected reply to a push: nothing');
}
