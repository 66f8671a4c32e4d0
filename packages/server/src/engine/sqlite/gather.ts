/**
 * How long a turn stays open for others: up to 100 µs, until about as many operations have come as clients are in
 * step. The number in step is learned: it follows the sizes of turns, and now and then a turn waits for more than
 * came last time, because clients that happen to alternate in two groups can only be joined by waiting once.
 */

const LONGEST_WAIT = 0.1; // ms
const PROBE_EVERY = 8; // turns

export class Gather {
  readonly #now: () => number;
  #inStep = 1;
  #turns = 0;
  #since = 0;
  #goal = 0;

  /** `now` gives milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the turn, which holds this many operations so far, should wait for more. */
  wait(operations: number): boolean {
    if (this.#since === 0) {
      this.#turns += 1;
      this.#goal = this.#inStep;
      if (this.#turns % PROBE_EVERY === 0 && operations > 1) this.#goal *= 2;
      if (operations >= this.#goal || this.#inStep <= 1) return this.#close(operations);
      this.#since = this.#now();
      return true;
    }
    if (operations >= this.#goal || this.#now() - this.#since >= LONGEST_WAIT) return this.#close(operations);
    return true;
  }

  #close(operations: number): false {
    this.#since = 0;
    this.#inStep = operations;
    return false;
  }
}
