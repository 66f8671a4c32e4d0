/*
 * The pushes of a named producer: which line is which, and what became of those whose answers got lost with their connection.
 * It must never send anything itself, nor settle a call of which it does not know the end. A stranger would get wrong that a line
 * has no number on the wire: client and server both count, from what the server says when the connection is made.
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
import type { Call } from './call.ts';
import type { ServerAddress } from './url.ts';

/** Who pushes. */
export interface Producer {
  name: string;
  /** Seconds after its last push in which the server may forget it: 3600 to 2,592,000, which is the default. */
  keep?: number;
  /**
   * How many lines were answered in an earlier life of the name. The counted calls made before the first connection are then the
   * lines behind these, in their order, and may have been carried out in that life: at least as many as were sent without
   * an answer. Default: the name has no earlier life that matters.
   */
  answered?: number;
}

/**
 * A counted call's life: *sent*, with the next number → answered; or its connection dies: *in doubt* → the next connection's EXT
 * tells how many lines were carried out → answered, if it is among them; else it waits to be sent again, ahead of all others. Calls in
 * doubt whose fate nobody can tell (a classic server, or one that does not know the producer) are lost: `CLOSED`.
 */
export class NumberedCalls {
  readonly #producer: Producer;
  /** Whether this connection counts. */
  #counting = false;
  /** The number of the line sent last, and of the one answered last. */
  #sent = 0;
  #answered = 0;
  #doubtful: Call[] = [];
  /** Whom they were sent to. */
  #address: ServerAddress | undefined;
  /** Calls may be of an earlier life. */
  #recalling: boolean;

  constructor(producer: Producer) {
    this.#producer = producer;
    this.#sent = this.#answered = producer.answered ?? 0;
    this.#recalling = producer.answered !== undefined;
  }

  /** Takes a call that may have been sent in an earlier life; false = there is no such doubt. */
  recall(call: Call): boolean {
    if (!this.#recalling || !call.counted) return false;
    call.number = ++this.#sent;
    this.#doubtful.push(call);
    return true;
  }

  /** This call was answered that its line was not carried out, and that the connection ends: it goes again in its order. */
  putBack(call: Call): boolean {
    if (call.number === 0) return false;
    this.#doubtful.push(call);
    return true;
  }

  get doubtful(): number {
    return this.#doubtful.length;
  }

  /** Lines that were carried out and answered to us, ever. */
  get answered(): number {
    return this.#answered;
  }

  /** Whether another line may be sent: the server remembers refusals of so many. */
  get mayNumber(): boolean {
    return !this.#counting || this.#sent - this.#answered < rememberedLines;
  }

  /** What EXT asks for it. */
  ask(): Pick<ExtensionAsk, 'producer' | 'answered' | 'keep'> {
    const { name: producer, keep } = this.#producer;
    return { producer, ...(this.#answered > 0 && { answered: this.#answered }), ...(keep && { keep }) };
  }

  /** A call leaves. */
  number(call: Call): void {
    call.number = this.#counting ? ++this.#sent : 0;
  }

  /** A reply has come for this call; replies come in order. */
  heard(call: Call, error: FaktoryError | undefined): void {
    if (call.number > 0 && !(error && isUncounted(error))) this.#answered = call.number;
  }

  /** The connection died with these counted calls unanswered. Settles those whose end nobody will be able to tell. */
  cut(calls: readonly Call[], address: ServerAddress | undefined, error: FaktoryError): void {
    if (this.#counting) this.#address = address;
    this.#counting = false;
    for (const call of calls) {
      if (call.number > 0) this.#doubtful.push(call);
      else call.lose(error);
    }
  }

  /** A connection is made. Settles what was carried out; gives what is to be sent again, in order. */
  connected(offer: Extension | undefined, address: ServerAddress): Call[] {
    const doubtful = this.#doubtful;
    this.#doubtful = [];
    const pushed = offer?.pushed;
    this.#counting = pushed !== undefined;
    this.#recalling = false;
    if (pushed === undefined || !this.#knows(pushed, doubtful.length, address)) {
      for (const call of doubtful) call.lose(strange);
      this.#answered = this.#sent = pushed ?? this.#answered;
      return [];
    }
    this.#answered = this.#sent = pushed;
    const again: Call[] = [];
    for (const call of doubtful) {
      if (call.settled) continue;
      if (call.number > pushed) again.push(call);
      else answer(call, offer?.refused?.[call.number]);
    }
    return again;
  }

  /** Whether the count can be that of our lines. A server that has never heard of us need not be the one they were sent to. */
  #knows(pushed: number, doubtful: number, address: ServerAddress): boolean {
    if (pushed === 0 && this.#address !== undefined && this.#address !== address) return false;
    // More than we have sent: somebody else pushes under this name.
    if (doubtful > 0 && pushed > this.#sent) return false;
    return pushed >= this.#answered;
  }

  /** There will be no connection. */
  abort(error: FaktoryError): void {
    for (const call of this.#doubtful.splice(0)) call.fail(error);
  }

  /** The server refuses connections for good: nobody can tell any more. */
  lose(error: FaktoryError): void {
    const doubtful = this.#doubtful;
    this.#doubtful = doubtful.filter(({ outlasts }) => outlasts);
    for (const call of doubtful) if (!call.outlasts) call.lose(error);
  }
}

const strange = new FaktoryError('CLOSED', 'the server that answers now knows nothing of it');

function answer(call: Call, refused: LineRefusal | undefined): void {
  if (typeof refused === 'string') call.fail(wireError(refused));
  else if (call.line.startsWith('PUSHB ')) call.answer({ kind: 'bulk', text: JSON.stringify(refused ?? {}) });
  else call.answer({ kind: 'simple', text: 'OK' });
}
