/**
 * Keeps the replies of one connection in the order of its lines, and bounds the lines that are not answered.
 */
import type { Answer } from './commands.ts';

const MOST_LINES = 1000;
const MOST_WEIGHT = 512 * 1024;
const ENTRY_WEIGHT = 512; // of a job in a PUSHB and of an entry of ACKB, FAILB, RELEASE and EXTEND

/** A reply that may still be missing. */
export interface Slot {
  answer: Answer;
  ready: boolean;
  /** Empty: no known verb. */
  verb: string;
  weight: number;
}

export class Slots {
  readonly #slots: Slot[] = [];
  #weight = 0;

  /** Lines that are not answered. */
  get length(): number {
    return this.#slots.length;
  }

  /** Whether another line may start. */
  get hasRoom(): boolean {
    return this.#slots.length < MOST_LINES && this.#weight < MOST_WEIGHT;
  }

  /** Adds a line of so many characters. */
  open(length: number): Slot {
    const slot = { answer: undefined, ready: false, verb: '', weight: length };
    this.#slots.push(slot);
    this.#weight += length;
    return slot;
  }

  /** The last line has so many entries. */
  weigh(entries: number): void {
    const slot = this.#slots.at(-1);
    if (slot === undefined) return;
    slot.weight += entries * ENTRY_WEIGHT;
    this.#weight += entries * ENTRY_WEIGHT;
  }

  /** Removes and returns the first line when its reply is there. */
  next(): Slot | undefined {
    if (!this.#slots[0]?.ready) return undefined;
    const slot = this.#slots.shift() as Slot;
    this.#weight -= slot.weight;
    return slot;
  }
}
