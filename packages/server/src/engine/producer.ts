/**
 * What an engine keeps of producers that name themselves: how many of their pushes it carried out, and what these were refused.
 * Types only; `Engine` has the promises.
 */
import type { Micros } from '@faktory-ts/protocol';

/** A queue whose entries were left out of a push, and why. */
export interface Refusal {
  readonly queue: string;
  readonly reason: string;
}

/** Who pushes, when pushes are to be counted. */
export interface Producer {
  readonly name: string;
  /** How long after its last push it is remembered. */
  readonly keep: Micros;
  /** Whose the name is from its next push on; undefined or empty: nobody's. */
  readonly owner?: string | undefined;
}

/** A push that is counted in the same commit, whatever was left out of it. */
export interface Counted {
  readonly producer: Producer;
  /** Which push of this producer it is, from 1 on: its count becomes this number. */
  readonly line: number;
  /** What is to be kept of the push for its producer, given what was left out; runs inside the commit. Undefined: nothing. */
  readonly note: (left: readonly Refusal[]) => string | undefined;
}

/** What is known of a producer: how many of its pushes were counted, and the notes of those behind the one asked about. */
export interface Pushed {
  readonly pushed: number;
  readonly notes: ReadonlyMap<number, string>;
}
