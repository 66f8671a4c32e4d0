/**
 * What a feature is: it looks at each pushed job that asks for it, and answers with effects for the engine. It may also
 * limit queues by gates.
 */
import type { JobText, Micros } from '@faktory-ts/protocol';
import type { Consequences, Effect, Gate } from '../engine/engine.ts';

/** A job that is being pushed. */
export interface PushedJob extends Pick<JobText, 'queue' | 'jobtype' | 'args'> {
  /** The feature's options in `custom`, by key, as JSON text. At least one is there. */
  readonly options: ReadonlyMap<string, string>;
  readonly now: Micros;
  /** Microseconds until the job becomes ready; 0: at once. */
  readonly delay: Micros;
}

/** What a feature adds to a push. */
export interface Extras {
  readonly effects?: readonly Effect[];
  readonly consequences?: Consequences;
  readonly deadline?: Micros;
}

/** A feature. Each has a folder of its own in `features/`. */
export interface Feature {
  /** As clients know it: EXT answers with it. */
  readonly name: string;
  /** The keys of `custom` that ask for it; empty: `onPush` is never called. */
  readonly options: readonly string[];
  /** Throws INVALID for options that make no sense; undefined: nothing is asked for. Pure. */
  onPush?(job: PushedJob): Extras | undefined;
  /**
   * The gates of a queue for a fetch of this worker; `wid` is empty for a connection without one. Undefined: the queue
   * has none. Called for each queue of each fetch, so it only looks something up.
   */
  gates?(queue: string, wid: string): readonly Gate[] | undefined;
}
