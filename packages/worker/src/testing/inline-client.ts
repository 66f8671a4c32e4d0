/*
 * Inline mode: pushing a job runs it, in this process, before the push resolves.
 * It must never swallow what a handler throws. A stranger would get wrong that times mean nothing here: a job with `at` or `in` runs at
 * once, and one that fails is not tried again.
 */

import type { AnyJobs, JobMap, Producer, PushResult, SaidJob } from '@faktory-ts/client';
import type { Handlers } from '../handlers.ts';
import { inlineRunner } from './inline-run.ts';
import { travelled, travelledBulk } from './travelled.ts';

/**
 * A producer whose pushes run the handler of the jobtype and resolve when it has ended. Arguments travel through JSON first. What the
 * handler throws rejects the push; `CONFIG` for a jobtype without a handler, `INVALID` for a job that cannot be.
 *
 * @example
 * ```ts
 * import { inlineClient } from '@faktory-ts/worker/testing';
 *
 * const sent: string[] = [];
 * const producer = inlineClient<{ SendEmail: [to: string] }>({
 *   SendEmail: (_context, to) => void sent.push(to),
 * });
 * await producer.push({ jobtype: 'SendEmail', args: ['a@example.com'] });
 * ```
 */
export function inlineClient<Jobs extends JobMap<Jobs> = AnyJobs>(handlers: Handlers<Jobs>): Producer<Jobs> {
  const run = inlineRunner(handlers);
  return {
    async push(job): Promise<string> {
      const arrived = travelled(job as unknown as SaidJob);
      await run(arrived);
      return arrived.jid;
    },
    pushBulk: (jobs): Promise<PushResult[]> => travelledBulk(jobs as Iterable<SaidJob>, run),
  };
}
