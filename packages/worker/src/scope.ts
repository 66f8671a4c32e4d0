/*
 * The async context of each run: a fresh one, so that a store which a handler sets with `enterWith` is not seen by the next job.
 * With crash handling it also tells from which run an error came that nobody caught.
 *
 * Note: `AsyncLocalStorage.snapshot()` is no help here. All that runs through one snapshot shares its context, and `enterWith` changes it.
 * A new AsyncResource takes a copy.
 */

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Job } from '@faktory-ts/protocol';

/** A run that can be failed from outside of its handler. */
export interface ScopedRun {
  readonly job: Job;
  /** Fails the job as if its handler had thrown this. False = the run has ended before. */
  fail(thrown: unknown): boolean;
}

// Unused it costs nothing; used, Node 20 and 22 pay for it with each promise. So only crash handling does.
const runs = new AsyncLocalStorage<ScopedRun>();

/** The run in whose async context this is called. */
export function currentRun(): ScopedRun | undefined {
  return runs.getStore();
}

/** Calls in a context of its own, a copy of the caller's. */
export function inOwnContext<T>(call: () => T): T {
  return new AsyncResource('FaktoryJob').runInAsyncScope(call);
}

/** Where runs begin: in the context in which this was made, whatever handlers did to theirs since. */
export class Scopes {
  readonly #root = new AsyncResource('FaktoryWorker');
  readonly #tracked: boolean;

  /** @param tracked whether {@link currentRun} is to find the runs */
  constructor(tracked: boolean) {
    this.#tracked = tracked;
  }

  run<T>(run: ScopedRun, call: () => T): T {
    const tracked = this.#tracked ? () => runs.run(run, call) : call;
    return this.#root.runInAsyncScope(() => new AsyncResource('FaktoryJob')).runInAsyncScope(tracked);
  }
}
