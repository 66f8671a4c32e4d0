/*
 * What happens to a job between the program and the wire: its definition's check, then the defaults.
 * It must never wait when it need not: without a schema that answers later, jobs leave in the order of their calls. A stranger
 * would get wrong that the schema sees the arguments as JSON carries them: it will see just that again in the worker.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { checkArguments } from './check-arguments.ts';
import { definitionsByType, type JobDefinition } from './define-job.ts';
import type { JobDefaults } from './job-options.ts';
import { type SaidJob, type WireDefaults, wireDefaults, wireJob } from './wire-job.ts';

export class OutgoingJobs {
  readonly #defaults: WireDefaults;
  readonly #defined = new Map<string, { definition: JobDefinition; defaults: WireDefaults }>();

  /** Throws `CONFIG` for a jobtype that is defined twice. */
  constructor(defaults: JobDefaults = {}, definitions: readonly JobDefinition[] = []) {
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
    const defined = this.#defined.get(said.jobtype);
    const job = wireJob(said, defined?.defaults ?? this.#defaults);
    const { definition } = defined ?? {};
    if (definition?.schema === undefined && definition?.payload === undefined) return job;
    const checked = checkArguments(definition, asJson(said));
    return checked instanceof Promise ? checked.then(() => job) : job;
  }
}

function asJson({ jobtype, args }: SaidJob): readonly unknown[] {
  try {
    return JSON.parse(JSON.stringify(args));
  } catch (cause) {
    const why = `${jobtype}: args cannot be written as JSON: ${(cause as Error).message}`;
    throw new FaktoryError('INVALID', why, { cause });
  }
}
