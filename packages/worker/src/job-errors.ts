/**
 * Error classes for failures that the worker detects itself, so that `errors` rules can name them.
 * The library's own methods throw FaktoryError instead. The server stores their `name` as the
 * errtype.
 */

import { oneClass } from '@faktory-ts/protocol';

/**
 * A job ran longer than its `timeout` or `hardTimeout`. Also the reason of the context's signal at
 * such a limit.
 */
export class JobTimeout extends Error {
  override readonly name = 'JobTimeout';
  /** The limit in milliseconds. */
  readonly limit: number;

  constructor(limit: number, options?: { cause?: unknown }) {
    super(`the job ran longer than its limit of ${limit} ms`, options);
    this.limit = limit;
  }
}

oneClass(JobTimeout, 'JobTimeout');

/**
 * The thread or process of the job ended before the job did: it exited, ran out of memory, or was
 * killed.
 */
export class JobCrashed extends Error {
  override readonly name = 'JobCrashed';
}

oneClass(JobCrashed, 'JobCrashed');
