/**
 * Decides which jobs a worker runs alone.
 *
 * A worker that dies loses all its jobs, and the server cannot know which job killed it, so such a
 * loss uses no attempt. A job that was lost twice in this way is suspect. The worker returns the
 * jobs that wait, lets the running ones end, reports all results, and then runs only the suspect.
 * When the worker dies again, the suspect is the cause, and the other jobs are not delayed any
 * more.
 * Note: this also finds what no error handler sees, such as a segmentation fault or lack of memory.
 */

import type { Job } from '@faktory-ts/protocol';

const enough = 2;

/** Whether the job lost its worker so often beside other jobs that it must run alone. */
export function runsAlone({ failure }: Job): boolean {
  return (failure?.shared_losses ?? 0) >= enough;
}
