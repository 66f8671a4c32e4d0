/**
 * Prepares a job for the wire: defaults, the checks of every job, then the schema of its
 * definition.
 *
 * Note: nothing here waits unless a schema is asynchronous, so jobs leave in the order of their
 * calls. A schema gets the arguments as JSON carries them, as in the worker.
 */

import type { Job } from '@faktory-ts/protocol';
import { checkArguments } from './check-arguments.ts';
import { definitionsByType, type JobDefinition } from './define-job.ts';
import { checkJobNumbers, defaultNames, type JobDefaults } from './job-options.ts';
import { checkKnown } from './known-options.ts';
import { checkIsJob, type SaidJob, type WireDefaults, wireDefaults, wireJob } from './wire-job.ts';

export class OutgoingJobs {
  readonly #defaults: WireDefaults;
  readonly #defined = new Map<string, { definition: JobDefinition; defaults: WireDefaults }>();

  /** Throws `CONFIG` for a jobtype that is defined twice, and for an invalid default. */
  constructor(defaults: JobDefaults = {}, definitions: readonly JobDefinition[] = []) {
    checkKnown('defaults', defaults, defaultNames);
    checkJobNumbers(defaults, 'CONFIG', 'defaults: ');
    this.#defaults = wireDefaults(defaults);
    for (const [jobtype, definition] of definitionsByType(definitions)) {
      this.#defined.set(jobtype, {
        definition,
        defaults: wireDefaults(definition.defaults, this.#defaults),
      });
    }
  }

  /**
   * The job for the wire. Throws or rejects with `INVALID` for arguments that its schema refuses,
   * and for an invalid time.
   */
  prepare(said: SaidJob): Job | Promise<Job> {
    checkIsJob(said);
    const defined = this.#defined.get(said.jobtype);
    const job = wireJob(said, defined?.defaults ?? this.#defaults);
    const { definition } = defined ?? {};
    if (definition?.schema === undefined && definition?.payload === undefined) return job;
    const checked = checkArguments(definition, JSON.parse(JSON.stringify(said.args)));
    return checked instanceof Promise ? checked.then(() => job) : job;
  }
}
