/*
 * What happens to a job between the program and the wire: the defaults, the checks of every job, then its definition's check.
 * Note: without a schema that answers later nothing here waits, so jobs leave in the order of their calls. A schema sees the arguments as
 * JSON carries them: it will see just that again in the worker.
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

  /** Throws `CONFIG` for a jobtype that is defined twice, and a default that cannot be. */
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

  /** The job as it travels. Throws or rejects with `INVALID` for arguments that its schema refuses, and a time that is none. */
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
