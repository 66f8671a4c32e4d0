/**
 * Decides how long a turn stays open for more operations, and how long it starts operations.
 *
 * A turn waits until it has as many operations as the last turn had: those clients send again at
 * the same moment. It waits at most half of a recent commit's time and at most 100 µs, because a
 * longer wait costs more than the commit that it saves. Every eighth turn with more than one
 * operation waits for twice as many: two groups of clients that alternate can be joined only by
 * waiting once.
 */

const LONGEST_WAIT = 0.1; // ms
const SHARE = 0.5; // of the time of a commit
const PROBE_EVERY = 8; // turns
const SMOOTHING = 0.1;
const LEAST_BUDGET = 10; // ms
// With a slow disk a turn may last as long as a commit takes, so that commits stay worth their time.
const MOST_BUDGET = 40; // ms
const MOST_CHECKS = 1000; // in one turn, so that it ends even when the clock does not move

export class Gather {
  readonly #now: () => number;
  #expected = 1;
  #turns = 0;
  #since = 0;
  #goal = 0;
  #checks = 0;
  #commitTime = LONGEST_WAIT / SHARE;

  /** `now` returns milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the turn should wait for more operations; `operations` is how many it has. */
  wait(operations: number): boolean {
    if (this.#since === 0) {
      this.#turns += 1;
      this.#goal = this.#expected;
      if (this.#turns % PROBE_EVERY === 0 && operations > 1) this.#goal *= 2;
      if (operations >= this.#goal || this.#expected <= 1) return this.#close(operations);
      this.#since = this.#now();
      this.#checks = 0;
      return true;
    }
    const longest = Math.min(LONGEST_WAIT, this.#commitTime * SHARE);
    this.#checks += 1;
    const over = this.#now() - this.#since >= longest || this.#checks > MOST_CHECKS;
    if (operations >= this.#goal || over) return this.#close(operations);
    return true;
  }

  /** How many milliseconds a turn lasts before it starts no more operations. */
  get budget(): number {
    return Math.min(Math.max(LEAST_BUDGET, this.#commitTime), MOST_BUDGET);
  }

  /** Ends the wait of a turn that is committed for another reason. */
  stop(): void {
    this.#since = 0;
  }

  /** Records how many milliseconds a commit took. */
  committed(time: number): void {
    this.#commitTime += (time - this.#commitTime) * SMOOTHING;
  }

  #close(operations: number): false {
    this.#since = 0;
    this.#expected = operations;
    return false;
  }
}
