/*
 * Runs a job by its handler, here and now, and rejects with what the handler threw: all that inline mode knows of how workers run jobs.
 * It must never wrap an error of a handler: whoever pushed is to see it as it was thrown. A stranger would get wrong that a jobtype
 * without a handler is an error too: in production its jobs would fail again and again.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { type Handler, handlerTable, runJob } from '../handlers.ts';
import { silent } from '../log.ts';

/** Rejects with what the handler threw, `CONFIG` when there is none. */
export function inlineRunner(handlers: object): (job: Job) => Promise<void> {
  const thrown = new WeakMap<Job, { error: unknown }>();
  const keeping = (handler: Handler): Handler => {
    return async (context, ...args) => {
      try {
        await handler(context, ...args);
      } catch (error) {
        thrown.set(context.job, { error });
        throw error;
      }
    };
  };
  const table = new Map([...handlerTable(handlers)].map(([jobtype, handler]) => [jobtype, keeping(handler)]));
  return async (job) => {
    const failure = await runJob(table, {
      jid: job.jid,
      job,
      signal: new AbortController().signal,
      log: silent,
    });
    if (failure === undefined) return;
    const caught = thrown.get(job);
    throw caught ? caught.error : new FaktoryError('CONFIG', failure.message);
  };
}
