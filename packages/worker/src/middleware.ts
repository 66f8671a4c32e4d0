/*
 * Middleware: user code around each handler, outermost first.
 * It must never leave work behind: what a middleware started with next() is waited for, even when it was not awaited. A stranger
 * would get wrong that a middleware that never calls next() has done the job, unless it throws or ends it by the context.
 */

import type { AnyJobs } from '@faktory-ts/client';
import { FaktoryError, type Job } from '@faktory-ts/protocol';
import type { JobContext } from './context.ts';

/** The jobs of a map: asking for `jobtype` tells the type of `args`. */
export type JobOf<Jobs> = {
  [T in keyof Jobs & string]: Job & {
    readonly jobtype: T;
    readonly args: Readonly<Jobs[T] extends readonly unknown[] ? Jobs[T] : never>;
  };
}[keyof Jobs & string];

/**
 * Runs around the handlers of all jobtypes. `next` runs what is inside: the next middleware, at last the handler. It rejects with what
 * those throw, and may be called once. What a middleware throws fails the job; not calling `next` at all is success.
 *
 * @example
 * ```ts
 * interface Jobs {
 *   SendEmail: [to: string, id: number];
 * }
 * const timing: Middleware<Jobs> = async ({ job, log }, next) => {
 *   const start = performance.now();
 *   await next();
 *   if (job.jobtype === 'SendEmail') log.info(`mail to ${job.args[0]}`, { ms: performance.now() - start });
 * };
 * ```
 */
export type Middleware<Jobs = AnyJobs> = (
  context: JobContext<JobOf<Jobs>>,
  next: () => Promise<void>,
) => unknown;

/** A middleware as the worker runs it, whatever its map says. */
export type AnyMiddleware = (context: JobContext, next: () => Promise<void>) => unknown;

/** Runs the chain around the innermost. Rejects with what comes out of it; a middleware that throws at once rejects too. */
export async function runAround(
  chain: readonly AnyMiddleware[],
  context: JobContext,
  innermost: () => unknown,
  from = 0,
): Promise<void> {
  const middleware = chain[from];
  if (middleware === undefined) {
    await innermost();
    return;
  }
  let inside: Promise<void> | undefined;
  let insideEnded = false;
  const next = (): Promise<void> => {
    // Thrown, not a rejection: nobody may be listening to a promise that was not asked for.
    if (inside !== undefined) throw new FaktoryError('INVALID', 'a middleware called next() a second time');
    inside = runAround(chain, context, innermost, from + 1);
    const mark = (): void => {
      insideEnded = true;
    };
    inside.then(mark, mark);
    return inside;
  };
  await middleware(context, next);
  // An inside that failed earlier was the middleware's to swallow; one that still runs decides how the job ends.
  if (inside !== undefined && !insideEnded) await inside;
}
