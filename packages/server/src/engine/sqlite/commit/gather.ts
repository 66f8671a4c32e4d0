/**
 * How long a turn stays open for others: until about as many operations have come as clients are in step, and at most
 * half of what a commit costs lately, never over 100 µs: a longer wait costs more than the commit it saves.
 *
 * The number in step is learned: it follows the sizes of turns, and now and then a turn waits for more than came last
 * time, because clients that happen to alternate in two groups can only be joined by waiting once.
 */

const LONGEST_WAIT = 0.1; // ms
const SHARE = 0.5; // of a commit
const PROBE_EVERY = 8; // turns
const SMOOTHING = 0.1;
const MOST_LOOKS = 1000; // in one turn: a clock that stands still must not keep it open for ever

export class Gather {
  readonly #now: () => number;
  #inStep = 1;
  #turns = 0;
  #since = 0;
  #goal = 0;
  #looks = 0;
  #commitTime = LONGEST_WAIT / SHARE;

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
      this.#looks = 0;
      return true;
    }
    const longest = Math.min(LONGEST_WAIT, this.#commitTime * SHARE);
    this.#looks += 1;
    const over = this.#now() - this.#since >= longest || this.#looks > MOST_LOOKS;
    if (operations >= this.#goal || over) return this.#close(operations);
    return true;
  }

  /** A commit took this many milliseconds. */
  committed(time: number): void {
    this.#commitTime += (time - this.#commitTime) * SMOOTHING;
  }

  #close(operations: number): false {
    this.#since = 0;
    this.#inStep = operations;
    return false;
  }
}
