/**
 * Handles uncaught errors of a worker: the job that threw fails, all other jobs are returned
 * without using an attempt, and the process ends as it would have ended without this.
 *
 * The process must not continue, because the error may have left anything half done. Without this
 * file the server would notice after 15 s, and every job of the worker would count a loss.
 * Note: before Node 24 a throw in `queueMicrotask` has no context, so such a job is found only by
 * its losses.
 * Note: only `uncaughtException` is listened to. Node raises an unhandled rejection as one, unless
 * the program has its own listener or flag for rejections.
 */

import type { Job } from '@faktory-ts/protocol';
import { failureOf } from './failure.ts';
import type { Logger } from './log.ts';
import { currentRun, type ScopedRun } from './scope.ts';

/** A worker that handles crashes. */
export interface Crashing {
  readonly log: Logger;
  /** Returns all jobs at once. Resolves when the worker has stopped. */
  crash(): Promise<void>;
}

const longestParting = 6000; // ms until the process ends, even when no server answers

const workers = new Set<Crashing>();
let crashed: Promise<unknown> | undefined;

/** Handles crashes for this worker until the returned function is called. */
export function handleCrashes(worker: Crashing): () => void {
  if (workers.size === 0 && crashed === undefined) process.on('uncaughtException', onUncaught);
  workers.add(worker);
  return () => {
    workers.delete(worker);
    // While the process ends, later errors must not end it before the jobs are returned.
    if (workers.size === 0 && crashed === undefined) process.off('uncaughtException', onUncaught);
  };
}

function onUncaught(error: unknown): void {
  const run = currentRun();
  const failed = run?.fail(error) ?? false;
  for (const { log } of workers) log.error(textOf(error, run, failed), { ...namesOf(run?.job), error });
  // a second error while the process ends: its job has failed too
  if (crashed !== undefined) return;
  if (run === undefined) {
    // The job is unknown: the server counts a loss, and after a second one runs the jobs one by
    // one.
    raise(error);
    return;
  }
  // Not at once: the failure of the job must reach its slot before all slots are aborted.
  const failing = new Promise((resolve) => setImmediate(resolve));
  crashed = Promise.race([
    failing.then(() => Promise.all([...workers].map((worker) => worker.crash()))),
    new Promise((resolve) => setTimeout(resolve, longestParting)),
  ]).finally(() => raise(error));
}

/**
 * Ends the process as if there were no listener: others get the error, or Node prints it and exits
 * with 1.
 */
function raise(error: unknown): void {
  process.off('uncaughtException', onUncaught);
  setImmediate(() => {
    throw error;
  });
}

function textOf(error: unknown, run: ScopedRun | undefined, failed: boolean): string {
  const { errtype, message } = failureOf(error);
  if (run === undefined)
    return `an uncaught error ends the worker, from an unknown job: ${errtype}: ${message}`;
  const job = failed ? 'a job, which fails' : 'code of a job that has already ended';
  return `an uncaught error ends the worker, from ${job}: ${errtype}: ${message}`;
}

function namesOf(job: Job | undefined): Record<string, string> {
  return job === undefined ? {} : { jid: job.jid, jobtype: job.jobtype };
}
