/*
 * Middleware: user code around each line of pushes, outermost first.
 * It must never cost a client anything that has none. A stranger would get wrong that it runs once for a line, not for a job: a PUSH
 * has one job, a PUSHB up to 1,000; and that a line which is sent again after a broken connection is still the same one.
 */

import { FaktoryError, type Job } from '@faktory-ts/protocol';

/** What is about to leave in one line. */
export interface Pushing {
  /** As they will travel: checked, with jid and defaults. All but the jid may be changed; replace `args` and `custom`, do not change what is in them. */
  readonly jobs: readonly Job[];
  /** Whether it is a line of a pushBulk. */
  readonly bulk: boolean;
  /** Where it goes. Absent: the client has several servers. */
  readonly server?: { readonly host: string; readonly port: number } | undefined;
}

/** jid → why the server refused the job. Only a pushBulk has them: what is wrong with a single push rejects. */
export type Refusals = ReadonlyMap<string, FaktoryError>;

/**
 * Runs around every line of jobs that a client pushes. `next` runs what is inside: the next middleware, at last the call; it rejects as
 * that does. Return what it gives. A line whose middleware rejects is refused with that; each call of `next` is a push of its own.
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

/** Sends a line inside the chain. */
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
  throw new FaktoryError(
    'CONFIG',
    'a middleware of the client gave something else: it must return what next() gives',
  );
}
