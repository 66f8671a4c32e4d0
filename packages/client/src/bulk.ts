/*
 * Many jobs in few lines, with one result for each.
 * It must never ask an iterable for more than a line ahead. A stranger would get wrong why a line ends early at a jid that it has
 * already: the server tells refused jobs by jid, and two of the same would be one.
 */

import { FaktoryError, type Job, newJid } from '@faktory-ts/protocol';
import type { Refusals } from './push-middleware.ts';

/** What became of one job of a {@link Client.pushBulk}. */
export interface PushResult {
  /** The job's; for one that was refused before it had any, a new one. */
  jid: string;
  /** Why the job was refused. Absent = it is in. */
  error?: FaktoryError;
}

/** What a bulk needs: to make a job ready, and to send a line of them. */
export interface BulkWay<Said> {
  prepare(said: Said): Job | Promise<Job>;
  send(line: readonly Job[]): Promise<Refusals>;
}

const jobsInLine = 1000; // what the protocol's authors advise

/** One result per job, in their order. Rejects as `send` does, saying how many jobs were in before. */
export async function pushAll<Said extends { jid?: string | undefined }>(
  jobs: Iterable<Said> | AsyncIterable<Said>,
  way: BulkWay<Said>,
): Promise<PushResult[]> {
  const results: PushResult[] = [];
  const line = new Map<string, { job: Job; result: PushResult }>();
  let pushed = 0;

  const send = async (): Promise<void> => {
    if (line.size === 0) return;
    const refusals = await way.send([...line.values()].map(({ job }) => job)).catch((error: unknown) => {
      throw pushed > 0 ? withCount(error, pushed) : error;
    });
    pushed += line.size - refusals.size;
    for (const [jid, error] of refusals) {
      const refused = line.get(jid);
      if (refused !== undefined) refused.result.error = error;
    }
    line.clear();
  };

  for await (const said of jobs) {
    const job = await readyOrRefused(said, way);
    if (job instanceof FaktoryError) {
      results.push({ jid: said.jid ?? newJid(), error: job });
      continue;
    }
    if (line.has(job.jid)) await send();
    const result: PushResult = { jid: job.jid };
    results.push(result);
    line.set(job.jid, { job, result });
    if (line.size === jobsInLine) await send();
  }
  await send();
  return results;
}

async function readyOrRefused<Said>(said: Said, way: BulkWay<Said>): Promise<Job | FaktoryError> {
  try {
    return await way.prepare(said);
  } catch (error) {
    if (error instanceof FaktoryError && error.code === 'INVALID') return error;
    throw error;
  }
}

function withCount(error: unknown, pushed: number): unknown {
  if (!(error instanceof FaktoryError)) return error;
  const message = `${error.message}; the ${pushed} jobs before were pushed`;
  return new FaktoryError(error.code, message, { cause: error });
}
