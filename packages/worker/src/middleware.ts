/**
 * Runs middleware: user code around each handler, the first outermost. A run ends only when what
 * next() started has ended, even when the middleware did not await it.
 *
 * Note: a middleware that never calls next() succeeds, unless it throws or ends the job by the
 * context.
 */

import type { AnyJobs } from '@faktory-ts/client';
import { FaktoryError, type Job } from '@faktory-ts/protocol';
import type { JobContext } from './context.ts';
import type { RunMap } from './handlers.ts';

/**
 * The jobs of a map or of definitions, as they arrive: a check of `jobtype` narrows the type of
 * `args`.
 */
export type JobOf<Given> = JobsIn<RunMap<Given>>;

type JobsIn<Jobs> = {
  [T in keyof Jobs & string]: Job & {
    readonly jobtype: T;
    readonly args: Readonly<Jobs[T] extends readonly unknown[] ? Jobs[T] : never>;
  };
}[keyof Jobs & string];

/**
 * Runs around the handlers of all jobtypes. `next` runs the next middleware, and at the end the
 * handler. It rejects with what they throw, and may be called once. When a middleware throws, the
 * job fails; a middleware that never calls `next` succeeds.
 *
 * @example
 * ```ts
 * interface Jobs {
 *   SendEmail: [to: string, id: number];
 * }
 * const timing: Middleware<Jobs> = async ({ job, log }, next) => {
 *   const start = performance.now();
 *   await next();
 *   if (job.jobtype === 'SendEmail') log.info(`mail to ${job.args[0]}`, { ms: performance.now() -
 *   start }); };
 * ```
 */
export type Middleware<Jobs = AnyJobs> = (
  context: JobContext<JobOf<Jobs>>,
  next: () => Promise<void>,
) => unknown;

/** A middleware as the worker runs it, without the types of its map. */
export type AnyMiddleware = (context: JobContext, next: () => Promise<void>) => unknown;

/**
 * Runs the chain around `innermost`. Rejects with its error, also when a middleware throws
 * synchronously.
 */
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
  let inside: Inside | undefined;
  let insideEnded = false;
  const next = (): Promise<void> => {
    // Thrown, not returned as a rejection, because the caller may not await a second promise.
    if (inside !== undefined) throw new FaktoryError('INVALID', 'a middleware called next() a second time');
    const running = runAround(chain, context, innermost, from + 1);
    inside = new Inside((resolve, reject) => void running.then(resolve, reject));
    const mark = (): void => {
      insideEnded = true;
    };
    inside.quietly(mark);
    return inside;
  };
  await middleware(context, next);
  // A middleware may swallow an error that it awaited. An error that it never awaited, or an inner
  // part that still runs, counts.
  if (inside !== undefined && !(inside.lookedAt && insideEnded)) await inside;
}

/** The promise that next() returns: it records whether it was awaited. */
class Inside extends Promise<void> {
  lookedAt = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: await, catch and finally all call it
  override then<A = void, B = never>(
    // biome-ignore lint/suspicious/noConfusingVoidType: it is the parameter of Promise<void>
    onDone?: ((value: void) => A | PromiseLike<A>) | null,
    onFail?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.lookedAt = true;
    return super.then(onDone, onFail);
  }

  /**
   * Calls `ended` at the end without counting as awaited. It also prevents an unhandled rejection.
   */
  quietly(ended: () => void): void {
    void super.then(ended, ended);
  }
}
