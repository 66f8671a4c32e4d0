/*
 * Which jobs of a line were refused, and whether for good.
 * It must never take a full queue for a fault of the job. A stranger would get wrong that a PUSHB is answered by jid.
 */

import { type FaktoryError, type LineRefusal, wireError } from '@faktory-ts/protocol';

/** The jobs among these, which made up a line, that were refused. */
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

/** A queue that has reached its length takes jobs again when some are gone. */
export function isFull({ message }: FaktoryError): boolean {
  return message.includes(' is too large, currently ');
}

/** The line was longer than the server takes: nothing of it was carried out, and a shorter one may be. */
export function isTooLong({ code, message }: FaktoryError): boolean {
  return code === 'LIMIT' && message.startsWith('line longer than');
}
