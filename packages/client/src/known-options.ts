/**
 * Refuses unknown options, because a misspelt limit would be no limit, and a misspelt `retry` 25
 * retries.
 */

import { type ErrorCode, FaktoryError, unknownOption } from '@faktory-ts/protocol';

/** Throws for an unknown option; the message suggests the nearest known one. */
export function checkKnown(
  where: string,
  options: object,
  known: readonly string[],
  code: ErrorCode = 'CONFIG',
): void {
  const unknown = unknownOption(options, known);
  if (unknown !== undefined) throw new FaktoryError(code, `${where}: ${unknown}`);
}

/** Throws `CONFIG` for options that are not an object, for example a URL alone. */
export function checkIsObject(where: string, options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new FaktoryError('CONFIG', `${where}: the options must be an object: ${example}`);
}
