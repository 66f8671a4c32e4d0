/**
 * What an engine keeps of producers that name themselves: how many of their pushes it carried out, and what these were refused.
 * Types only; `Engine` has the promises.
 */
import type { ErrorCode, Micros } from '@faktory-ts/protocol';

/** An entry that was left out of a push, and why. */
export interface Refusal {
  /** Its place in the push, from 0 on. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A refused job as it is kept for its producer. */
export interface RefusedJob {
  readonly jid: string;
  /** Undefined: `reason` is the whole text of the error. */
  readonly code?: ErrorCode | undefined;
  readonly reason: string;
}

/** What is kept of a push for its producer: the jobs that were refused, or that its line was refused as a whole. */
export interface PushNote {
  readonly of: 'jobs' | 'line';
  readonly refused: readonly RefusedJob[];
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
  /**
   * How its refusals are kept, and those that came before the engine's own, which are added in the same commit. Nothing is kept of a
   * push without refusals.
   */
  readonly note: PushNote;
}

/** What is known of a producer: how many of its pushes were counted, and the notes of those behind the one asked about. */
export interface Pushed {
  readonly pushed: number;
  readonly notes: ReadonlyMap<number, PushNote>;
}
