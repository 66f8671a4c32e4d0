/**
 * Parses `[HOST:]PORT`. A port alone listens on localhost only, never on the network. IPv6
 * addresses stand in brackets.
 */

import { FaktoryError } from '@faktory-ts/protocol';

/** Where to listen. Port 0: any free port. */
export interface HttpAddress {
  host: string;
  port: number;
}

/**
 * Parses an address. Throws `CONFIG` for anything but a port from 0 to 65535, with or without a
 * host.
 */
export function httpAddress(given: string | number): HttpAddress {
  const [, inBrackets, plain, digits] =
    /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(String(given)) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new FaktoryError('CONFIG', `http ${given}: use PORT or HOST:PORT`);
  }
  return { host: inBrackets ?? plain ?? '127.0.0.1', port };
}
