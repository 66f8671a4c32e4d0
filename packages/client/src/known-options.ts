/* Options that do not exist are errors: a misspelt limit would be no limit, a misspelt `retry` 25 retries. */

import { type ErrorCode, FaktoryError, unknownOption } from '@faktory-ts/protocol';

/** Throws unless every option is one of these; the message suggests the one that was meant. */
export function checkKnown(
  where: string,
  options: object,
  known: readonly string[],
  code: ErrorCode = 'CONFIG',
): void {
  const unknown = unknownOption(options, known);
  if (unknown !== undefined) throw new FaktoryError(code, `${where}: ${unknown}`);
}

/** Throws `CONFIG` for options that are no object: a URL alone, for example. */
export function checkIsObject(where: string, options: unknown, example: string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new FaktoryError('CONFIG', `${where}: the options must be an object: ${example}`);
}
