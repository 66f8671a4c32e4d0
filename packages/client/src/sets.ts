/*
 * The three sets of jobs that wait for a time or for somebody: scheduled, retries, dead, and what can be done to their jobs.
 * It must never take an empty filter for all: that wipes a set by a slip. A stranger would get wrong that text is looked for in the
 * whole job as JSON, its arguments, error and custom included.
 */

import { FaktoryError, type Mutation, type MutationFilter } from '@faktory-ts/protocol';
import type { CallOptions } from './call.ts';

/** Which jobs of a set: all conditions must hold, `jids` excepted, which stands alone. At least one. */
export interface JobFilter<Jobtype extends string = string> {
  jobtype?: Jobtype | undefined;
  /** This text somewhere in the job's JSON, as it is written there. Letter by letter: nothing in it is a wildcard. */
  containing?: string | undefined;
  /** Exactly these jobs. */
  jids?: readonly string[] | undefined;
}

/** Some jobs, or every job of the set. */
export type WhichJobs<Jobtype extends string = string> = JobFilter<Jobtype> | 'all';

/**
 * One of the sets `scheduled`, `retries`, `dead` of a {@link Client}.
 *
 * @example
 * ```ts
 * const client = new Client();
 * await client.dead.requeue({ jobtype: 'SendEmail', containing: '@example.com' });
 * await client.retries.kill({ jids: ['8sQ0gDxMZcEOpXLVEFaQ1w'] });
 * await client.scheduled.discard('all');
 * ```
 */
export class JobSet<Jobtype extends string = string> {
  readonly #target: Mutation['target'];
  readonly #mutate: (mutation: Mutation, options?: CallOptions) => Promise<void>;

  /** Made by the client. */
  constructor(
    target: Mutation['target'],
    mutate: (mutation: Mutation, options?: CallOptions) => Promise<void>,
  ) {
    this.#target = target;
    this.#mutate = mutate;
  }

  /** Puts them into their queues now. @throws FaktoryError `INVALID` for a filter that says nothing, as do all others here. */
  requeue(which: WhichJobs<Jobtype>, options?: CallOptions): Promise<void> {
    return this.#do('requeue', which, options);
  }

  /** Moves them to the dead set. */
  kill(which: WhichJobs<Jobtype>, options?: CallOptions): Promise<void> {
    return this.#do('kill', which, options);
  }

  /** Deletes them. */
  discard(which: WhichJobs<Jobtype>, options?: CallOptions): Promise<void> {
    return this.#do('discard', which, options);
  }

  async #do(cmd: Mutation['cmd'], which: WhichJobs, options?: CallOptions): Promise<void> {
    const filter = which === 'all' ? undefined : wireFilter(which);
    await this.#mutate({ cmd, target: this.#target, ...(filter && { filter }) }, options);
  }
}

function wireFilter({ jobtype, containing, jids }: JobFilter): MutationFilter {
  if (jids !== undefined && (jobtype !== undefined || containing !== undefined)) {
    throw new FaktoryError('INVALID', 'a filter has either jids or other conditions, not both');
  }
  if (jids?.length === 0)
    throw new FaktoryError('INVALID', "a filter with no jids fits nothing; say 'all' for every job");
  const filter: MutationFilter = {
    ...(jids && { jids }),
    ...(jobtype && { jobtype }),
    ...(containing && { regexp: `*${literal(containing)}*` }),
  };
  if (Object.keys(filter).length > 0) return filter;
  throw new FaktoryError('INVALID', "a filter that says nothing would mean every job: say 'all' for that");
}

/** The text with everything that a glob would take for more escaped. */
function literal(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}
