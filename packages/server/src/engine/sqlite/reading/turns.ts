/**
 * Gives the requests of the reader's thread their turns: one piece each, in a circle. A new request comes
 * after the waiting ones, and never waits for a large job of another search.
 */

import type { Pieces } from './pieces.ts';
import type { ReaderRequest } from './reader.ts';
import { KEEPS_TEXT } from './readings.ts';

const MOST_TEXTS = 8; // requests that may keep a text of 16 MB each

interface Waiting {
  readonly request: ReaderRequest;
  /** Undefined: not begun. */
  readonly pieces: Pieces<unknown> | undefined;
}

/** The end of a request. */
export interface Ended {
  readonly id: number;
  readonly result: { readonly answer: unknown } | { readonly error: unknown };
}

export class Turns {
  readonly #begin: (request: ReaderRequest) => Pieces<unknown>;
  readonly #waiting = new Map<number, Waiting>();

  constructor(begin: (request: ReaderRequest) => Pieces<unknown>) {
    this.#begin = begin;
  }

  add(request: ReaderRequest): void {
    this.#waiting.set(request.id, { request, pieces: undefined });
  }

  /** A cancelled request gets no turn any more. */
  delete(id: number): void {
    this.#waiting.delete(id);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Does one piece. Undefined: nothing waits. */
  next(): { readonly request: ReaderRequest; readonly ended: Ended | undefined } | undefined {
    const waiting = this.#first();
    if (!waiting) return undefined;
    const { request } = waiting;
    const { id } = request;
    this.#waiting.delete(id);
    try {
      const pieces = waiting.pieces ?? this.#begin(request);
      const step = pieces.next();
      if (step.done) return { request, ended: { id, result: { answer: step.value } } };
      this.#waiting.set(id, { request, pieces });
      return { request, ended: undefined };
    } catch (error) {
      return { request, ended: { id, result: { error } } };
    }
  }

  /** The first that may have a turn: requests that would keep one more text wait for others to end. */
  #first(): Waiting | undefined {
    let texts = 0;
    for (const { request, pieces } of this.#waiting.values())
      if (pieces && KEEPS_TEXT.has(request.name)) texts += 1;
    for (const waiting of this.#waiting.values())
      if (waiting.pieces || texts < MOST_TEXTS || !KEEPS_TEXT.has(waiting.request.name)) return waiting;
    return undefined;
  }
}
