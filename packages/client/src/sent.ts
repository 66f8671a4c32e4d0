/*
 * The calls on the wire, in the order in which their replies will come.
 * It must never lose the place of a call that was given up. A stranger would get wrong why it is no plain array: shift() moves
 * every element of a large one, and a burst of 100,000 pushes would spend seconds there.
 */

import type { SentLine } from './call.ts';

export class SentCalls {
  #calls: (SentLine | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#calls.length - this.#first;
  }

  push(call: SentLine): void {
    this.#calls.push(call);
  }

  /** Takes out the call whose reply comes next. */
  shift(): SentLine | undefined {
    const call = this.#calls[this.#first];
    if (call === undefined) return undefined;
    this.#calls[this.#first++] = undefined;
    if (this.#first === this.#calls.length || this.#first === 1024) {
      this.#calls = this.#calls.slice(this.#first);
      this.#first = 0;
    }
    return call;
  }

  /** Takes out all. */
  drain(): SentLine[] {
    const calls = this.#calls.slice(this.#first);
    this.#calls = [];
    this.#first = 0;
    return calls.filter((call) => call !== undefined);
  }
}
