/*
 * What a handler is, and how one job is run by the handler of its jobtype.
 * It must never reject: whatever a handler throws becomes a failure, which is data. A stranger would get wrong that a jobtype comes
 * from the wire: `constructor` or `__proto__` must find no handler that nobody wrote.
 */

import type { AnyJobs, JobMap } from '@faktory-ts/client';
import type { Job } from '@faktory-ts/protocol';
import { type Failure, failureOf } from './failure.ts';
import type { Logger } from './log.ts';

/** What a handler is told beside its arguments. */
export interface JobContext {
  readonly jid: string;
  /** The whole job as it came, `failure` of an earlier attempt and `custom` included. */
  readonly job: Job;
  /**
   * Aborted when the worker is out of time: at the deadline of a stop. By then the job is already reported as failed, so
   * that it runs again elsewhere; what the handler still does or returns no longer counts.
   */
  readonly signal: AbortSignal;
  /** The worker's logger; each line carries jid and jobtype. */
  readonly log: Logger;
}

/** Runs the jobs of one type. Returning, at once or by a promise, is success; throwing is failure. */
export type Handler<Args extends readonly unknown[] = readonly unknown[]> = (
  context: JobContext,
  ...args: Args
) => unknown;

/** Handlers by jobtype, each with the arguments that the map of jobs says. */
export type Handlers<Jobs extends JobMap<Jobs> = AnyJobs> = { [T in keyof Jobs]?: Handler<Jobs[T]> };

/** Handlers as the worker looks them up: only what was really given. */
export type HandlerTable = ReadonlyMap<string, Handler>;

/** The own entries of the handlers that are functions. */
export function handlerTable(handlers: object): HandlerTable {
  const entries = Object.entries(handlers).filter(([, handler]) => typeof handler === 'function');
  return new Map(entries as [string, Handler][]);
}

/** Runs the job to its end. Undefined = success. */
export async function runJob(table: HandlerTable, context: JobContext): Promise<Failure | undefined> {
  const { job } = context;
  const handler = table.get(job.jobtype);
  if (handler === undefined) {
    const known = [...table.keys()].join(', ');
    const message = `this worker has no handler for jobtype ${JSON.stringify(job.jobtype)}; it has ${known}`;
    return { errtype: 'UnknownJobtype', message, backtrace: [] };
  }
  try {
    await handler(context, ...job.args);
    return undefined;
  } catch (thrown) {
    return failureOf(thrown, job.backtrace);
  }
}
