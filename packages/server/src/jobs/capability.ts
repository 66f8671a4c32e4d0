/**
 * What not every store can do.
 */
import { FaktoryError } from '@faktory-ts/protocol';

/** Throws UNSUPPORTED when the store does not have the capability. */
export function need<T>(capability: T | undefined, what: string): T {
  if (capability !== undefined) return capability;
  throw new FaktoryError('UNSUPPORTED', `not with this store: ${what}; use the tools of the store itself`);
}
