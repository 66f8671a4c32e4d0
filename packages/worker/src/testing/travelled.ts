/**
 * Makes a pushed job as it would arrive: written by the client's code, then read and checked by the
 * server's. The result shares no object with the given job.
 *
 * Note: a Date among the arguments becomes a string, and undefined becomes null.
 */

import { type PushResult, type SaidJob, wireJob } from '@faktory-ts/client';
import { checkJob, FaktoryError, type Job, newJid, parseJob, write } from '@faktory-ts/protocol';

/** Throws what the client or the server would throw: `INVALID`, `MALFORMED`. */
export function travelled(job: SaidJob): Job {
  return accepted(write.push(wireJob(job)));
}

/** Returns the results of pushBulk; each accepted job is passed to `take`, one after another. */
export async function travelledBulk(
  jobs: Iterable<SaidJob> | AsyncIterable<SaidJob>,
  take: (job: Job) => Promise<void> | void,
): Promise<PushResult[]> {
  const results: PushResult[] = [];
  for await (const said of jobs) {
    let arrived: Job;
    try {
      arrived = travelled(said);
    } catch (error) {
      if (!(error instanceof FaktoryError && error.code === 'INVALID')) throw error;
      results.push({ jid: said?.jid ?? newJid(), error });
      continue;
    }
    await take(arrived);
    results.push({ jid: arrived.jid });
  }
  return results;
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
