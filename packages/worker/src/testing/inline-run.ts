/**
 * Runs a job by its handler at once, and rejects with the unchanged error of the handler. Inline
 * mode runs jobs only through this file.
 *
 * Note: a jobtype without a handler is an error too, because in production its jobs would fail
 * again and again.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';
import { handlerTable, type TableEntry } from '../handlers.ts';
import { silent } from '../log.ts';
import { Runner } from '../run.ts';
import { inOwnContext } from '../scope.ts';

/**
 * Rejects with what the handler threw, `CONFIG` when there is none, `INVALID` when its handler
 * handed it back or ended it badly.
 */
export function inlineRunner(handlers: object): (job: Job) => Promise<void> {
  const thrown = new WeakMap<Job, { error: unknown }>();
  const keeping = (entry: TableEntry): TableEntry => {
    const { call } = entry;
    if (call === undefined) return entry;
    return {
      ...entry,
      call: async (context, args) => {
        try {
          await call(context, args);
        } catch (error) {
          thrown.set(context.job, { error });
          throw error;
        }
      },
    };
  };
  const table = new Map([...handlerTable(handlers)].map(([jobtype, entry]) => [jobtype, keeping(entry)]));
  const runner = new Runner({ table, middleware: [], errors: [] });
  return async (job) => {
    const { signal } = new AbortController();
    const given = { job, log: silent, signal, extend: () => Promise.resolve(true) };
    // As in production: what the handler sets in its async context is not visible outside.
    const outcome = await runner.run(given, (_, begin) => inOwnContext(begin));
    if (outcome.to === 'done') return;
    const caught = thrown.get(job);
    if (caught) throw caught.error;
    throw new FaktoryError('CONFIG', outcome.failure?.message ?? 'the handler released the job');
  };
}
