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
import type { SentLine } from './call.ts';
import type { ServerAddress } from './url.ts';

/** Who pushes. */
export interface Producer {
  name: string;
  /** Seconds after its last push in which the server may forget it: 3600 to 2,592,000, which is the default. */
  keep?: number;
}

/**
 * A counted call's life: *sent*, with the next number → answered; or its connection dies: *in doubt* → the next connection's EXT
 * tells how many lines were carried out → answered, if it is among them; else it waits to be sent again, ahead of all others. Calls in
 * doubt whose fate nobody can tell (a classic server, or one that does not know the producer) are lost: `CLOSED`.
 */
export class NumberedCalls {
  readonly #producer: Producer;
  #counting = false;
  /** The number of the line sent last, and of the one answered last. */
  #sent = 0;
  #answered = 0;
  /** Unsettled, in the order of their numbers. */
  readonly #doubtful = new Set<SentLine>();
  /** Whom they were sent to. */
  #address: ServerAddress | undefined;

  constructor(producer: Producer) {
    this.#producer = producer;
  }

  /** This call was answered that its line was not carried out, and that the connection ends: it goes again in its order. */
  putBack(call: SentLine): boolean {
    if (call.number === 0) return false;
    if (!call.settled) this.#doubtful.add(call);
    return true;
  }

  get doubtful(): number {
    return this.#doubtful.size;
  }

  /** A call is settled: perhaps nobody waits for the fate of its line any more. */
  left(): void {
    for (const line of this.#doubtful) if (line.settled) this.#doubtful.delete(line);
  }

  /** Whether this connection counts. */
  get counts(): boolean {
    return this.#counting;
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
  number(call: SentLine): void {
    call.number = this.#counting ? ++this.#sent : 0;
  }

  /** A reply has come for this call; replies come in order. */
  heard(call: SentLine, error: FaktoryError | undefined): void {
    if (call.number > 0 && !(error && isUncounted(error))) this.#answered = call.number;
  }

  /** The connection died with these counted calls unanswered. Settles those whose end nobody will be able to tell. */
  cut(calls: readonly SentLine[], address: ServerAddress | undefined, error: FaktoryError): void {
    if (this.#counting) this.#address = address;
    this.#counting = false;
    for (const call of calls) {
      if (call.number > 0) this.#doubtful.add(call);
      else call.lose(error);
    }
  }

  /** A connection is made. Settles what was carried out; gives what is to be sent again, in order. */
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

  /** Whether the count can be that of our lines. A server that has never heard of us need not be the one they were sent to. */
  #knows(pushed: number, doubtful: number, address: ServerAddress): boolean {
    if (pushed === 0 && this.#address !== undefined && this.#address !== address) return false;
    // More than we have sent: somebody else pushes under this name.
    if (doubtful > 0 && pushed > this.#sent) return false;
    return pushed >= this.#answered;
  }

  /** There will be no connection. */
  abort(error: FaktoryError): void {
    for (const call of this.#takeDoubtful()) call.fail(error);
  }

  /** The server refuses connections for good: nobody can tell any more. */
  lose(error: FaktoryError): void {
    for (const call of this.#takeDoubtful()) call.lose(error);
  }

  #takeDoubtful(): SentLine[] {
    const doubtful = [...this.#doubtful];
    this.#doubtful.clear();
    return doubtful;
  }
}

const strange = new FaktoryError('CLOSED', 'the server that answers now knows nothing of it');

function answer(call: SentLine, refused: LineRefusal | undefined): void {
  if (typeof refused === 'string') call.refuse(wireError(refused));
  else if (call.line.startsWith('PUSHB ')) call.answer({ kind: 'bulk', text: JSON.stringify(refused ?? {}) });
  else call.answer({ kind: 'simple', text: 'OK' });
}
