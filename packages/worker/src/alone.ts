/*
 * Which jobs a worker runs with no other beside them.
 *
 * A worker that dies takes all its jobs along, and the server cannot know which of them killed it: such a loss uses no attempt. A job to
 * which that happened twice is suspect. The worker gives back what waits, lets what runs end, confirms all results, and only then runs
 * the suspect, holding nothing else. When the worker dies again, the suspect was alone and is the guilty one; its former neighbours run
 * through. Note: this finds also what no handler of errors sees, as a segmentation fault or a lack of memory.
 */

import type { Job } from '@faktory-ts/protocol';

const enough = 2;

/** Whether the job lost its worker so often beside other jobs that it must run alone. */
export function runsAlone({ failure }: Job): boolean {
  return (failure?.shared_losses ?? 0) >= enough;
}
