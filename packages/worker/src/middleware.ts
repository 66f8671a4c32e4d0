/*
 * Middleware: user code around each handler, outermost first.
 * It must never leave work behind: what a middleware started with next() is waited for, even when it was not awaited. A stranger
 * would get wrong that a middleware that never calls next() has done the job, unless it throws or ends it by the context.
 */

import type { AnyJobs } from '@faktory-ts/client';
import { FaktoryError, type Job } from '@faktory-ts/protocol';
import type { JobContext } from './context.ts';
import type { RunMap } from './handlers.ts';

/** The jobs of a map or of definitions, as they arrive: asking for `jobtype` tells the type of `args`. */
export type JobOf<Given> = JobsIn<RunMap<Given>>;

type JobsIn<Jobs> = {
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
  let inside: Inside | undefined;
  let insideEnded = false;
  const next = (): Promise<void> => {
    // Thrown, not a rejection: nobody may be listening to a promise that was not asked for.
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
  // A failure that the middleware looked at was its to swallow. One that it did not, or an inside that still runs, is not.
  if (inside !== undefined && !(inside.lookedAt && insideEnded)) await inside;
}

/** What next() gives: it knows whether somebody awaited it. */
class Inside extends Promise<void> {
  lookedAt = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: await, catch and finally all come through here
  override then<A = void, B = never>(
    // biome-ignore lint/suspicious/noConfusingVoidType: it is the parameter of Promise<void>
    onDone?: ((value: void) => A | PromiseLike<A>) | null,
    onFail?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.lookedAt = true;
    return super.then(onDone, onFail);
  }

  /** Hears of its end without having looked at it; and a failure that nobody looks at is no unhandled rejection. */
  quietly(ended: () => void): void {
    void super.then(ended, ended);
  }
}
