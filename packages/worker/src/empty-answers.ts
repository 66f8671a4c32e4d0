/*
 * How long to wait before the next fetch when a server answers "no job" at once, again and again. A server with no job keeps a fetch
 * waiting for up to two seconds; one that does not, or a proxy in its place, would make the worker ask as fast as it can.
 */

const early = 100; // ms; an answer after this time is one that was waited for
const free = 3; // early answers in a row: a line of our own ends the wait of a fetch, and so does a job that another worker takes
const first = 10; // ms; twice as long each time
const longest = 1000; // ms

/** Counts the early empty answers of one connection. */
export class EmptyAnswers {
  #inARow = 0;

  /** A fetch was answered after so many milliseconds, with so many jobs. Returns the milliseconds to wait before the next one. */
  answered(jobs: number, ms: number): number {
    if (jobs > 0 || ms >= early) {
      this.#inARow = 0;
      return 0;
    }
    this.#inARow += 1;
    return this.#inARow <= free ? 0 : Math.min(first * 2 ** (this.#inARow - free - 1), longest);
  }

  /** A line of our own was sent on the connection: it ends the wait of a fetch. */
  interrupted(): void {
    this.#inARow = 0;
  }
}
