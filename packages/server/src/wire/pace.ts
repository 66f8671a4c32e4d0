/**
 * Bounds how many lines of one connection run before the other connections have their turn, and how many unknown ones are answered.
 *
 * Only lines that wait for no commit are counted: the others wait for one anyhow.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { largeParts, rounds } from '../rounds.ts';

const MOST_IN_TURN = 100; // lines
const MOST_UNKNOWN = 1000; // lines in a row

export class Pace {
  readonly #onTurn: () => void;
  #lines = 0;
  #unknown = 0;

  /** `onTurn` runs when the connection may go on after a rest. */
  constructor(onTurn: () => void) {
    this.#onTurn = onTurn;
  }

  /** Others have their turn: start no line. */
  get rests(): boolean {
    return this.#lines >= MOST_IN_TURN;
  }

  /** Too many unknown commands came in a row. */
  get isLost(): boolean {
    return this.#unknown >= MOST_UNKNOWN;
  }

  /** Counts a line that waited for no commit. */
  count(): void {
    this.#lines += 1;
    if (this.#lines === MOST_IN_TURN) setImmediate(this.#turn);
  }

  /** Whether this round of the event loop has time for another line; if not, the connection rests until one has. */
  hasTime(): boolean {
    if (!rounds.over) return true;
    this.#lines = MOST_IN_TURN;
    rounds.wait(this.#turn);
    return false;
  }

  /** A line of so many characters starts. */
  start(characters: number): void {
    rounds.spend(characters);
  }

  /** Rests until it is this connection's turn to do a part of something long. */
  restForPart(): void {
    this.#lines = MOST_IN_TURN;
    largeParts.wait(this.#turn);
  }

  known(): void {
    this.#unknown = 0;
  }

  /** Counts an unknown command; returns its error. */
  unknown(name: string): FaktoryError {
    this.#unknown += 1;
    const text = this.isLost
      ? `${MOST_UNKNOWN} unknown commands in a row; check that the client speaks Faktory's protocol`
      : `unknown command ${name.slice(0, 100)}`;
    return new FaktoryError('UNKNOWN_COMMAND', text);
  }

  readonly #turn = (): void => {
    this.#lines = 0;
    this.#onTurn();
  };
}
