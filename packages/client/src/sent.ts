/*
 * The calls on the wire, in the order in which their replies will come.
 * It must never lose the place of a call that was given up. A stranger would get wrong why it is no plain array: shift() moves
 * every element of a large one, and a burst of 100,000 pushes would spend seconds there.
 */

import type { Call } from './call.ts';

export class SentCalls {
  #calls: (Call | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#calls.length - this.#first;
  }

  push(call: Call): void {
    this.#calls.push(call);
  }

  /** Takes out the call whose reply comes next. */
  shift(): Call | undefined {
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
  drain(): Call[] {
    const calls = this.#calls.slice(this.#first);
    this.#calls = [];
    this.#first = 0;
    return calls.filter((call) => call !== undefined);
  }
}
