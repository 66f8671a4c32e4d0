/**
 * What an engine stores of named producers: how many of their pushes it carried out, and which jobs
 * of these pushes it refused. Types only; `Engine` has the promises.
 *
 * A client asks for this after a lost connection, and sends again only the pushes that are missing.
 */
import type { ErrorCode, Micros } from '@faktory-ts/protocol';

/** A refused entry of a push, and why. */
export interface Refusal {
  /** Index of the entry in the push, from 0. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A refused job, as stored for its producer. */
export interface RefusedJob {
  readonly jid: string;
  /** Error code; undefined: `reason` is the whole text of the error. */
  readonly code?: ErrorCode | undefined;
  readonly reason: string;
}

/**
 * The note of a push, stored for its producer. `jobs`: the refused jobs of a bulk. `line`: the push
 * was refused as a whole, and `refused` has one record with the reason.
 */
export interface PushNote {
  readonly of: 'jobs' | 'line';
  readonly refused: readonly RefusedJob[];
}

/** A named producer; its pushes are counted. */
export interface Producer {
  readonly name: string;
  /** Microseconds from its last push until the engine deletes its count and notes. */
  readonly keep: Micros;
  /** The login that owns the name from its next push on; undefined or empty: unchanged. */
  readonly owner?: string | undefined;
}

/** Counts a push for its producer in the same commit, even if all its entries are refused. */
export interface Counted {
  readonly producer: Producer;
  /** Number of this push, from 1: the producer's count becomes this number. */
  readonly line: number;
  /**
   * The refusals that the caller found before it called the engine. The engine adds its own and
   * stores the note, unless the note has no refusals at all.
   */
  readonly note: PushNote;
}

/** The count of a producer, and the notes of its pushes after a given number, by push number. */
export interface Pushed {
  readonly pushed: number;
  readonly notes: ReadonlyMap<number, PushNote>;
}
