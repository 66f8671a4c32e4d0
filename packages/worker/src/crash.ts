/*
 * What happens with an error that nobody caught, when a worker handles crashes: the job from which it came fails with it, all other jobs
 * are handed back with no attempt used, and the process ends as it would have ended.
 *
 * The process must not go on: what threw may have left anything half done. Without this the server hears nothing for 15 s, and every job
 * of the worker loses it, whichever was guilty. What throws in `queueMicrotask` has lost its context before Node 24: such a job is found
 * only by the losses. Note: only `uncaughtException` is listened to. Node raises a rejection that nobody handles
 * as one, unless the program has a listener or a flag of its own for those.
 */

import type { Job } from '@faktory-ts/protocol';
import { failureOf } from './failure.ts';
import type { Logger } from './log.ts';
import { currentRun, type ScopedRun } from './scope.ts';

/** A worker that handles crashes. */
export interface Crashing {
  readonly log: Logger;
  /** Hands all jobs back at once. Resolves when the worker has stopped. */
  crash(): Promise<void>;
}

const longestParting = 6000; // ms until the process ends, also when no server hears

const workers = new Set<Crashing>();
let crashed: Promise<unknown> | undefined;

/** Handles crashes for this worker too, until the returned function is called. */
export function handleCrashes(worker: Crashing): () => void {
  if (workers.size === 0 && crashed === undefined) process.on('uncaughtException', onUncaught);
  workers.add(worker);
  return () => {
    workers.delete(worker);
    // While the process ends, later errors must not end it before the jobs are handed back.
    if (workers.size === 0 && crashed === undefined) process.off('uncaughtException', onUncaught);
  };
}

function onUncaught(error: unknown): void {
  const run = currentRun();
  const failed = run?.fail(error) ?? false;
  for (const { log } of workers) log.error(textOf(error, run, failed), { ...namesOf(run?.job), error });
  if (crashed !== undefined) return; // another one on the way out: its job has failed too
  if (run === undefined) {
    // Nobody knows which job it was, or whether it was one: the server counts a loss, and runs the jobs one by one if it happens again.
    raise(error);
    return;
  }
  // Not at once: the failure of the job must reach its slot before all slots are cut short.
  const failing = new Promise((resolve) => setImmediate(resolve));
  crashed = Promise.race([
    failing.then(() => Promise.all([...workers].map((worker) => worker.crash()))),
    new Promise((resolve) => setTimeout(resolve, longestParting)),
  ]).finally(() => raise(error));
}

/** Ends the process as if nobody had listened: other listeners get the error, or Node prints it and exits with 1. */
function raise(error: unknown): void {
  process.off('uncaughtException', onUncaught);
  setImmediate(() => {
    throw error;
  });
}

function textOf(error: unknown, run: ScopedRun | undefined, failed: boolean): string {
  const { errtype, message } = failureOf(error);
  if (run === undefined)
    return `an error that nobody caught ends the worker, from no known job: ${errtype}: ${message}`;
  const job = failed ? 'a job, which fails' : 'what a job left behind that has ended';
  return `an error that nobody caught ends the worker, from ${job}: ${errtype}: ${message}`;
}

function namesOf(job: Job | undefined): Record<string, string> {
  return job === undefined ? {} : { jid: job.jid, jobtype: job.jobtype };
}
