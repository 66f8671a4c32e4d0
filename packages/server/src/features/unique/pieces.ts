/**
 * Builds a long text of which parts change places. A part is added without a copy of its text, whatever its length, so deep nesting
 * stays linear; short texts are joined, so that a million of them do not stay one by one in memory.
 */

/** A text, or texts behind one another. */
export type Pieces = string | readonly Pieces[];

const SHORT = 256; // characters
const JOINED = 4096; // characters of short texts that become one

export class PiecesBuilder {
  readonly #parts: Pieces[] = [];
  #short: string[] = [];
  #length = 0;

  add(piece: Pieces): void {
    if (typeof piece !== 'string' || piece.length > SHORT) {
      this.#join();
      this.#parts.push(piece);
      return;
    }
    this.#short.push(piece);
    this.#length += piece.length;
    if (this.#length >= JOINED) this.#join();
  }

  end(): Pieces {
    this.#join();
    return this.#parts.length === 1 ? (this.#parts[0] as Pieces) : this.#parts;
  }

  #join(): void {
    if (this.#short.length > 0) this.#parts.push(this.#short.join(''));
    this.#short = [];
    this.#length = 0;
  }
}

/** The texts from the first to the last. */
export function* textsOf(pieces: Pieces): Generator<string> {
  if (typeof pieces === 'string') {
    yield pieces;
    return;
  }
  const open = [{ list: pieces, at: 0 }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.list[top.at++];
    if (next === undefined) open.pop();
    else if (typeof next === 'string') yield next;
    else open.push({ list: next, at: 0 });
  }
}
