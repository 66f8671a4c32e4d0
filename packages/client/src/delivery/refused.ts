/**
 * Finds the refused jobs of a line, and whether the refusal is final.
 *
 * Note: a full queue is not final. A PUSHB reports refused jobs by jid.
 */

import { type FaktoryError, type LineRefusal, wireError } from '@faktory-ts/protocol';

/** The refused ones among the jobs of a line. */
export function refusedJobs<Job extends { readonly jid?: unknown }>(
  jobs: readonly Job[],
  refusal: LineRefusal,
): { job: Job; error: FaktoryError }[] {
  if (typeof refusal === 'string') return jobs.map((job) => ({ job, error: wireError(refusal) }));
  return jobs.flatMap((job) => {
    const reason = refusal[String(job.jid)];
    return reason === undefined ? [] : [{ job, error: wireError(reason) }];
  });
}

/** A queue at its maximum length accepts jobs again when it has fewer. */
export function isFull({ message }: FaktoryError): boolean {
  return message.includes(' is too large, currently ');
}

/**
 * The line was longer than the server accepts: none of it was carried out, and a shorter line may
 * be accepted.
 */
export function isTooLong({ code, message }: FaktoryError): boolean {
  return code === 'LIMIT' && message.startsWith('line longer than');
}
