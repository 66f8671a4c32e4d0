/**
 * Pushes many jobs in few lines and returns a result for each, also when the bulk ends early. An
 * iterable is read at most one line ahead.
 *
 * Note: a jid that is already in the line starts a new line. The server reports refused jobs by
 * jid, so equal jids in one line would share a result.
 */

import { FaktoryError, type Job, newJid, oneClass } from '@faktory-ts/protocol';
import type { Refusals } from './push-middleware.ts';

/** The result of one job of a {@link Client.pushBulk}. */
export interface PushResult {
  /** The job's jid; a new one when the job was refused before it had a jid. */
  jid: string;
  /** Why the job was refused. Absent: the job is on the server. */
  error?: FaktoryError;
}

/**
 * A {@link Client.pushBulk} that ended early. `code` and `cause` are those of the error that ended
 * it.
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
   * One result for each job that was read from the bulk, in order. No `error`: the job is on the
   * server. Code `ABORTED` with "not sent": it is not. Code `CLOSED`, `TIMEOUT` or another
   * `ABORTED`: unknown, as the message says.
   */
  readonly results: readonly PushResult[];

  constructor(cause: unknown, results: readonly PushResult[]) {
    const { code, message } =
      cause instanceof FaktoryError
        ? cause
        : {
            code: 'ABORTED' as const,
            message: `the iterable of jobs failed: ${String((cause as Error)?.message ?? cause)}`,
          };
    const pushed = results.filter(({ error }) => error === undefined).length;
    super(code, pushed === 0 ? message : `${message}; ${pushed} other jobs were pushed, see results`, {
      cause,
    });
    this.results = results;
  }
}

oneClass(BulkError, 'BulkError');

/** Prepares the jobs of a bulk, and sends some of them. */
export interface BulkWay<Said> {
  prepare(said: Said): Job | Promise<Job>;
  /**
   * Rejects with a {@link BulkError} when some of them are on the server, otherwise with another
   * error.
   */
  send(jobs: readonly Job[]): Promise<Refusals>;
}

const jobsInLine = 1000; // the advice of the protocol's authors

/** Throws `INVALID` for a value that is not a list of jobs. */
function checkAreJobs(jobs: unknown): void {
  const isList =
    typeof jobs === 'object' && jobs !== null && (Symbol.iterator in jobs || Symbol.asyncIterator in jobs);
  if (isList) return;
  const kind = typeof jobs === 'object' ? 'one object' : `a ${typeof jobs}`;
  const what = jobs === null || jobs === undefined ? String(jobs) : kind;
  const advice = "give a list or another iterable: [{ jobtype: 'SendEmail', args: [] }]";
  throw new FaktoryError('INVALID', `the jobs are ${what}; ${advice}`);
}

/**
 * Returns one result for each job, in order. Rejects with a {@link BulkError} when the bulk ended
 * early.
 */
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

/** The error of a job that was not sent because the bulk ended. */
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
    `a middleware of the client failed, the server may or may not have the job: ${why}`,
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
