/*
 * Reads `[HOST:]PORT`.
 * It must never open anything to the network unasked: a port alone is on localhost. A stranger would get wrong IPv6, whose
 * addresses have colons of their own: they stand in brackets.
 */

import { FaktoryError } from '@faktory-ts/protocol';

/** Where to listen. Port 0: any free one. */
export interface HttpAddress {
  host: string;
  port: number;
}

/** Throws `CONFIG` for what is not a port from 0 to 65535, with or without a host. */
export function httpAddress(given: string | number): HttpAddress {
  const [, inBrackets, plain, digits] =
    /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(String(given)) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new FaktoryError('CONFIG', `http ${given}: it must look like PORT or HOST:PORT`);
  }
  return { host: inBrackets ?? plain ?? '127.0.0.1', port };
}
