/**
 * Decides how long to wait before the next fetch when a server answers "no job" at once, again and
 * again. A server without a job keeps a fetch waiting for up to two seconds. A server or proxy that
 * does not would make the worker fetch as fast as it can.
 */

const early = 100; // ms; a later answer was really waited for
// Early answers in a row that are normal: our own line ends the wait of a fetch, and so does a job
// that another worker takes.
const free = 3;
const first = 10; // ms; doubles each time
const longest = 1000; // ms

/** Counts the early empty answers of one connection. */
export class EmptyAnswers {
  #inARow = 0;

  /**
   * Records that a fetch was answered after `ms` milliseconds with this number of jobs. Returns the
   * milliseconds to wait before the next fetch.
   */
  answered(jobs: number, ms: number): number {
    if (jobs > 0 || ms >= early) {
      this.#inARow = 0;
      return 0;
    }
    this.#inARow += 1;
    return this.#inARow <= free ? 0 : Math.min(first * 2 ** (this.#inARow - free - 1), longest);
  }

  /** Records that our own line was sent on the connection: it ends the wait of a fetch. */
  interrupted(): void {
    this.#inARow = 0;
  }
}
