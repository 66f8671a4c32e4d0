/**
 * Middleware: user code around each line of pushes, the first function outermost. A client without
 * middleware pays nothing for it.
 *
 * Note: it runs once for a line, not for a job: a PUSH has one job, a PUSHB up to 1,000. It does
 * not run again when its line is sent again after a broken connection.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';

/** The jobs of one line. */
export interface Pushing {
  /**
   * The jobs as they will travel: checked, with jid and defaults. Everything but the jid may be
   * changed; replace `args` and `custom`, do not change values inside them.
   */
  readonly jobs: readonly Job[];
  /** Whether it is a line of a pushBulk. */
  readonly bulk: boolean;
  /** The server. Absent when the client has several. */
  readonly server?: { readonly host: string; readonly port: number } | undefined;
}

/** jid → why the server refused the job. Only for pushBulk; the error of a single push rejects. */
export type Refusals = ReadonlyMap<string, FaktoryError>;

/**
 * Runs around every line of jobs that a client pushes. `next` runs the next middleware, at last the
 * push, and rejects as that does. Return its result. When a middleware rejects, the jobs of the
 * line are refused with its error; each call of `next` is a push of its own.
 *
 * @example
 * ```ts
 * const stamping: PushMiddleware = ({ jobs }, next) => {
 *   for (const job of jobs) job.custom = { tenant: 'acme', ...job.custom };
 *   return next();
 * };
 * const client = new Client({ middleware: [stamping] });
 * ```
 */
export type PushMiddleware = (pushing: Pushing, next: () => Promise<Refusals>) => Promise<Refusals>;

/** Sends a line through the middleware. */
export async function pushAround(
  chain: readonly PushMiddleware[],
  pushing: Pushing,
  send: () => Promise<Refusals>,
): Promise<Refusals> {
  const run = chain.reduceRight<() => Promise<Refusals>>(
    (next, middleware) => async () => middleware(pushing, next),
    send,
  );
  const refusals: unknown = await run();
  if (refusals instanceof Map) return refusals as Refusals;
  throw new FaktoryError('CONFIG', 'a middleware of the client must return the result of next()');
}
