/**
 * Says when an operation in parts must `yield`, or when a bite is full: after so many rows, and after
 * so many bytes. A job of 8 MB takes as long as thousands of small ones.
 */
const MOST_ROWS = 250;

/** Bytes of the rows of one part or bite; a single row may be larger. */
export const PORTION_BYTES = 4 * 1024 * 1024;

export class Portion {
  readonly #mostRows: number;
  #rows = 0;
  #bytes = 0;

  constructor(mostRows = MOST_ROWS) {
    this.#mostRows = mostRows;
  }

  /**
   * Counts one more row. Returns true when the row does not fit any more: it is then the first row
   * of the next portion.
   */
  isFull(bytes = 0): boolean {
    const full = this.#rows > 0 && (this.#rows >= this.#mostRows || this.#bytes + bytes > PORTION_BYTES);
    if (full) this.#rows = this.#bytes = 0;
    this.#rows += 1;
    this.#bytes += bytes;
    return full;
  }
}
