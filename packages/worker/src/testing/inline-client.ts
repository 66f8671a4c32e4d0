/**
 * Inline mode: a push runs the job in this process before it resolves, and rejects with what the
 * handler throws.
 *
 * Note: times are ignored: a job with `at` or `in` runs at once, and a failed job is not retried.
 */

import type { AnyJobs, JobMap, Producer, PushResult, SaidJob } from '@faktory-ts/client';
import type { Handlers } from '../handlers.ts';
import { inlineRunner } from './inline-run.ts';
import { travelled, travelledBulk } from './travelled.ts';

/**
 * Makes a producer whose pushes run the handler of the jobtype and resolve when it has ended.
 * Arguments go through JSON first. A push rejects with what the handler throws, with `CONFIG` for a
 * jobtype without a handler, and with `INVALID` for a bad job.
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
