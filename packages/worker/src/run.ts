/**
 * Runs jobs by the handlers of their types, inline or isolated, and owns the threads and processes
 * for it.
 *
 * Note: a job without a handler fails like any other and is no error of the worker, because another
 * worker may have its handler.
 */

import { Attempt, type Given, type RunRules } from './attempt.ts';
import type { HandlerTable } from './handlers.ts';
import { Pool } from './isolation/pool.ts';
import { failed, type Outcome } from './outcome.ts';
import type { ScopedRun } from './scope.ts';

/** What a runner needs. */
export interface RunnerOptions extends RunRules {
  readonly table: HandlerTable;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #pools = new Map<string, Pool>();

  constructor(options: RunnerOptions) {
    this.#options = options;
    for (const { jobtype, seating } of options.table.values()) {
      if (seating !== undefined) this.#pools.set(jobtype, new Pool(jobtype, seating));
    }
  }

  /** The jobtypes that have a handler. */
  get jobtypes(): Iterable<string> {
    return this.#options.table.keys();
  }

  /**
   * Runs one job to its end. Never rejects; settles when the job has ended, at its hard limit, or
   * when its signal is aborted.
   *
   * @param within calls the function that begins the run, in the async context of the run
   */
  run(
    given: Given,
    within: (run: ScopedRun, begin: () => Promise<Outcome>) => Promise<Outcome> = (_, begin) => begin(),
  ): Promise<Outcome> {
    const { table } = this.#options;
    const { jobtype } = given.job;
    const entry = table.get(jobtype);
    if (entry === undefined) {
      const known = [...table.keys()].join(', ');
      const message = `this worker has no handler for jobtype ${JSON.stringify(jobtype)}; it has ${known}`;
      return Promise.resolve(failed('UnknownJobtype', message));
    }
    const attempt = new Attempt(entry, given, this.#options, this.#pools.get(jobtype));
    const run = { job: given.job, fail: (thrown: unknown) => attempt.fail(thrown) };
    return within(run, () => attempt.run());
  }

  /** Ends all threads and processes and their jobs. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }
}
