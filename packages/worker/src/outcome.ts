/*
 * How one execution of a job ended.
 * It must never hold more than what the server is told. A stranger would get wrong that `released` is no failure: the job goes
 * back to the head of its queue as if it had not been handed out.
 */

import type { Failure } from './failure.ts';

/** What is told to the server. */
export type Outcome =
  | { to: 'done' }
  | {
      to: 'failed';
      failure: Failure;
      /** Instead of what the job's retries say: no retry at all, or forgotten. */
      fate?: 'dead' | 'discarded';
      /** Whole seconds until the next try, instead of the server's curve. */
      retryIn?: number;
    }
  | { to: 'released' };
