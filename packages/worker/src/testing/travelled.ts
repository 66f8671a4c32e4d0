/*
 * A pushed job as it would arrive: written as the client does, read and checked as the server does.
 * It must never keep a reference into what the producer gave: tests see what a handler would see. A stranger would get wrong that
 * a Date among the arguments has become text by then, and undefined has become null.
 */

import { type BulkResult, type JobMap, type PushJob, wireFields } from '@faktory-ts/client';
import { checkJob, FaktoryError, type Job, parseJob, write } from '@faktory-ts/protocol';

/** Throws what the client or the server would: `INVALID`, `MALFORMED`. */
export function travelled<Jobs extends JobMap<Jobs>>(job: PushJob<Jobs>): Job {
  return accepted(write.push(wireFields(job)));
}

/** What pushBulk gives when each accepted job is taken by `take`, one after the other. */
export async function travelledBulk<Jobs extends JobMap<Jobs>>(
  jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
  take: (job: Job) => Promise<void> | void,
): Promise<BulkResult> {
  const result: BulkResult = { jids: [], errors: new Map() };
  for await (const job of jobs) {
    const fields = wireFields(job);
    const line = write.push(fields);
    result.jids.push(fields.jid);
    let arrived: Job;
    try {
      arrived = accepted(line);
    } catch (error) {
      if (!(error instanceof FaktoryError && error.code === 'INVALID')) throw error;
      result.errors.set(fields.jid, error.message);
      continue;
    }
    await take(arrived);
  }
  return result;
}

function accepted(line: string): Job {
  const text = line.slice('PUSH '.length);
  checkJob(parseJob(text));
  return { queue: 'default', ...(JSON.parse(text) as Job) };
}

/** Arguments as they would arrive. */
export function travelledArgs(args: readonly unknown[]): unknown[] {
  return JSON.parse(JSON.stringify(args)) as unknown[];
}
