/**
 * Counts the pushes of a named producer, and settles those whose replies were lost with their
 * connection. It sends nothing itself, and leaves a call pending while its outcome is unknown.
 *
 * Note: a line's number is not on the wire. Client and server both count from the number that the
 * server reports when the connection is made.
 */

import {
  type Extension,
  type ExtensionAsk,
  FaktoryError,
  isUncounted,
  type LineRefusal,
  rememberedLines,
  wireError,
} from '@faktory-ts/protocol';
import type { SentLine } from './call.ts';
import type { ServerAddress } from './url.ts';

/** The producer's name. */
export interface Producer {
  name: string;
  /** Seconds after its last push until the server may delete it: 3600 to 2,592,000 (default). */
  keep?: number;
}

/**
 * A counted call is *sent*, with the next number → answered. Or its connection breaks: *in doubt* →
 * the next connection's EXT reports how many lines were carried out → answered if the call is among
 * them; otherwise it waits to be sent again, before all others. Calls in doubt whose outcome cannot
 * be known (a server without EXT, or one that does not know the producer) reject with `CLOSED`.
 */
export class NumberedCalls {
  readonly #producer: Producer;
  #counting = false;
  /** The number of the last sent line, and of the last answered one. */
  #sent = 0;
  #answered = 0;
  /** Unsettled calls, in the order of their numbers. */
  readonly #doubtful = new Set<SentLine>();
  /** The server they were sent to. */
  #address: ServerAddress | undefined;

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  /**
   * The server answered that it did not carry out this line and closes the connection: the line is
   * sent again in its order.
   */
  putBack(call: SentLine): boolean {
    if (call.number === 0) return false;
    if (!call.settled) this.#doubtful.add(call);
    return true;
  }

  get doubtful(): number {
    return this.#doubtful.size;
  }

  /** A call has settled: its line may have no pending call left. */
  left(): void {
    for (const line of this.#doubtful) if (line.settled) this.#doubtful.delete(line);
  }

  /** Whether the server of this connection counts lines. */
  get counts(): boolean {
    return this.#counting;
  }

  /** Whether another line may be sent: the server keeps the refusals of a limited number. */
  get mayNumber(): boolean {
    return !this.#counting || this.#sent - this.#answered < rememberedLines;
  }

  /** The fields of EXT for the producer. */
  ask(): Pick<ExtensionAsk, 'producer' | 'answered' | 'keep'> {
    const { name: producer, keep } = this.#producer;
    return { producer, ...(this.#answered > 0 && { answered: this.#answered }), ...(keep && { keep }) };
  }

  /** Numbers a line that is sent now. */
  number(call: SentLine): void {
    call.number = this.#counting ? ++this.#sent : 0;
  }

  /** Records the reply to this line; replies arrive in order. */
  heard(call: SentLine, error: FaktoryError | undefined): void {
    if (call.number > 0 && !(error && isUncounted(error))) this.#answered = call.number;
  }

  /**
   * The connection broke with these counted lines unanswered. Rejects the calls whose outcome
   * cannot be known.
   */
  cut(calls: readonly SentLine[], address: ServerAddress | undefined, error: FaktoryError): void {
    if (this.#counting) this.#address = address;
    this.#counting = false;
    for (const call of calls) {
      if (call.number > 0) this.#doubtful.add(call);
      else call.lose(error);
    }
  }

  /**
   * There is a new connection. Settles the lines that were carried out; returns those to send
   * again, in order.
   */
  connected(offer: Extension | undefined, address: ServerAddress): SentLine[] {
    const doubtful = this.#takeDoubtful();
    const pushed = offer?.pushed;
    this.#counting = pushed !== undefined;
    if (pushed === undefined || !this.#knows(pushed, doubtful.length, address)) {
      for (const call of doubtful) call.lose(strange);
      this.#answered = this.#sent = pushed ?? this.#answered;
      return [];
    }
    this.#answered = this.#sent = pushed;
    const again: SentLine[] = [];
    for (const call of doubtful) {
      if (call.number > pushed) again.push(call);
      else answer(call, offer?.refused?.[call.number]);
    }
    return again;
  }

  /**
   * Whether `pushed` can be the count of our lines. A server that does not know the producer may
   * not be the one they were sent to.
   */
  #knows(pushed: number, doubtful: number, address: ServerAddress): boolean {
    if (pushed === 0 && this.#address !== undefined && this.#address !== address) return false;
    // More than were sent: another client pushes under this name.
    if (doubtful > 0 && pushed > this.#sent) return false;
    return pushed >= this.#answered;
  }

  /** Rejects all: there will be no connection. */
  abort(error: FaktoryError): void {
    for (const call of this.#takeDoubtful()) call.fail(error);
  }

  /** The server refuses connections permanently, so outcomes cannot be known. */
  lose(error: FaktoryError): void {
    for (const call of this.#takeDoubtful()) call.lose(error);
  }

  #takeDoubtful(): SentLine[] {
    const doubtful = [...this.#doubtful];
    this.#doubtful.clear();
    return doubtful;
  }
}

const strange = new FaktoryError('CLOSED', 'the server that answers now does not know this producer');

function answer(call: SentLine, refused: LineRefusal | undefined): void {
  if (typeof refused === 'string') call.refuse(wireError(refused));
  else if (call.line.startsWith('PUSHB ')) call.answer({ kind: 'bulk', text: JSON.stringify(refused ?? {}) });
  else call.answer({ kind: 'simple', text: 'OK' });
}
