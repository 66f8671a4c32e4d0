/*
 * Many jobs in few lines, with one result for each, also when the bulk ends early.
 * Note: a line ends early at a jid that it has already, because the server tells refused jobs by jid, and two of the same would be one. An
 * iterable is never asked for more than a line ahead.
 */

import { FaktoryError, type Job, newJid, oneClass } from '@faktory-ts/protocol';
import type { Refusals } from './push-middleware.ts';

/** What became of one job of a {@link Client.pushBulk}. */
export interface PushResult {
  /** The job's; for one that was refused before it had any, a new one. */
  jid: string;
  /** Why the job was refused. Absent = it is in. */
  error?: FaktoryError;
}

/**
 * A {@link Client.pushBulk} that ended early. `code` and `cause` are those of what ended it.
 *
 * @example
 * ```ts
 * const client = new Client();
 * await client.pushBulk([{ jobtype: 'Resize', args: ['a.png'] }]).catch((error) => {
 *   if (!(error instanceof BulkError)) throw error;
 *   const pushed = error.results.filter((result) => result.error === undefined);
 *   console.error(error.message, pushed.length);
 * });
 * ```
 */
export class BulkError extends FaktoryError {
  /**
   * One per job that was taken from the bulk, in their order. Without `error`: it is in. With one of code `ABORTED` that says "not sent":
   * it is not in. With `CLOSED`, `TIMEOUT` or another of `ABORTED`: its message says what is unknown.
   */
  readonly results: readonly PushResult[];

  constructor(cause: unknown, results: readonly PushResult[]) {
    const { code, message } =
      cause instanceof FaktoryError
        ? cause
        : {
            code: 'ABORTED' as const,
            message: `what gave the jobs failed: ${String((cause as Error)?.message ?? cause)}`,
          };
    const pushed = results.filter(({ error }) => error === undefined).length;
    super(code, pushed === 0 ? message : `${message}; ${pushed} other jobs were pushed, see results`, {
      cause,
    });
    this.results = results;
  }
}

oneClass(BulkError, 'BulkError');

/** What a bulk needs: to make a job ready, and to send some of them. */
export interface BulkWay<Said> {
  prepare(said: Said): Job | Promise<Job>;
  /** Rejects with a {@link BulkError} when some of them are in, else with another error. */
  send(jobs: readonly Job[]): Promise<Refusals>;
}

const jobsInLine = 1000; // what the protocol's authors advise

/** Throws `INVALID` for what is no list of jobs. */
function checkAreJobs(jobs: unknown): void {
  const isList =
    typeof jobs === 'object' && jobs !== null && (Symbol.iterator in jobs || Symbol.asyncIterator in jobs);
  if (isList) return;
  const kind = typeof jobs === 'object' ? 'one object' : `a ${typeof jobs}`;
  const what = jobs === null || jobs === undefined ? String(jobs) : kind;
  const advice = "give a list or another iterable: [{ jobtype: 'SendEmail', args: [] }]";
  throw new FaktoryError('INVALID', `the jobs are ${what}; ${advice}`);
}

/** One result per job, in their order. Rejects with a {@link BulkError} when the bulk ended early. */
export async function pushAll<Said extends { jid?: string | undefined }>(
  jobs: Iterable<Said> | AsyncIterable<Said>,
  way: BulkWay<Said>,
): Promise<PushResult[]> {
  checkAreJobs(jobs);
  const results: PushResult[] = [];
  const line = new Map<string, { job: Job; result: PushResult }>();

  const send = async (): Promise<void> => {
    if (line.size === 0) return;
    const sent = [...line.values()];
    line.clear();
    try {
      const refusals = await way.send(sent.map(({ job }) => job));
      for (const { result } of sent) told(result, refusals.get(result.jid));
    } catch (error) {
      const parts = error instanceof BulkError ? error : undefined;
      const ends = new Map(parts?.results.map((end) => [end.jid, end]));
      for (const { result } of sent)
        told(result, parts ? ends.get(result.jid)?.error : asFaktoryError(error));
      throw parts ? parts.cause : asFaktoryError(error);
    }
  };

  try {
    for await (const said of jobs) {
      const job = await readyOrRefused(said, way);
      if (job instanceof FaktoryError) {
        results.push({ jid: said?.jid ?? newJid(), error: job });
        continue;
      }
      if (line.has(job.jid)) await send();
      const result: PushResult = { jid: job.jid };
      results.push(result);
      line.set(job.jid, { job, result });
      if (line.size === jobsInLine) await send();
    }
    await send();
  } catch (error) {
    for (const { result } of line.values()) result.error = unsent();
    throw new BulkError(error, results);
  }
  return results;
}

/** Why a job is not in when the bulk ended before its turn. */
export function unsent(): FaktoryError {
  return new FaktoryError('ABORTED', 'not sent: the bulk ended before it');
}

function told(result: PushResult, error: FaktoryError | undefined): void {
  if (error !== undefined) result.error = error;
}

function asFaktoryError(cause: unknown): FaktoryError {
  if (cause instanceof FaktoryError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FaktoryError(
    'ABORTED',
    `a middleware of the client failed, the job may or may not be in: ${why}`,
    { cause },
  );
}

async function readyOrRefused<Said>(said: Said, way: BulkWay<Said>): Promise<Job | FaktoryError> {
  try {
    return await way.prepare(said);
  } catch (error) {
    if (error instanceof FaktoryError && error.code === 'INVALID') return error;
    throw error;
  }
}
