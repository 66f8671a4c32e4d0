/**
 * Gives each run a fresh async context, so that a store which a handler sets with `enterWith` is
 * not visible to the next job. With crash handling it also finds the run that caused an uncaught
 * error.
 *
 * Note: `AsyncLocalStorage.snapshot()` cannot be used, because all runs through one snapshot share
 * its context, and `enterWith` changes it. A new AsyncResource takes a copy.
 */

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Job } from '@faktory-ts/protocol';

/** A run that can be failed from outside its handler. */
export interface ScopedRun {
  readonly job: Job;
  /**
   * Fails the job as if its handler had thrown this. Returns false when the run has already ended.
   */
  fail(thrown: unknown): boolean;
}

// Free while unused. In use, Node 20 and 22 pay for it at each promise, so only crash handling uses
// it.
const runs = new AsyncLocalStorage<ScopedRun>();

/** The run in whose async context this is called. */
export function currentRun(): ScopedRun | undefined {
  return runs.getStore();
}

/** Calls the function in a copy of the caller's async context. */
export function inOwnContext<T>(call: () => T): T {
  return new AsyncResource('FaktoryJob').runInAsyncScope(call);
}

/** Starts runs in the async context in which it was made, whatever handlers did to theirs. */
export class Scopes {
  readonly #root = new AsyncResource('FaktoryWorker');
  readonly #tracked: boolean;

  /** @param tracked whether {@link currentRun} must find the runs */
  constructor(tracked: boolean) {
    this.#tracked = tracked;
  }

  run<T>(run: ScopedRun, call: () => T): T {
    const tracked = this.#tracked ? () => runs.run(run, call) : call;
    return this.#root.runInAsyncScope(() => new AsyncResource('FaktoryJob')).runInAsyncScope(tracked);
  }
}
