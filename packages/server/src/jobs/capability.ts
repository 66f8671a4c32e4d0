/**
 * Refuses a request that the store of this server cannot carry out.
 */
import { FaktoryError } from '@faktory-ts/protocol';

/** Returns the capability; throws UNSUPPORTED if the store does not have it. */
export function need<T>(capability: T | undefined, what: string): T {
  if (capability !== undefined) return capability;
  throw new FaktoryError('UNSUPPORTED', `not with this store: ${what}; use the tools of the store itself`);
}
