/**
 * Which address a host name means for listening. IPv4 first, as other servers of this protocol do it: "localhost"
 * must be where a client that knows only 127.0.0.1 looks.
 */
import { lookup } from 'node:dns/promises';
import { FaktoryError, type WireAddress } from '@faktory-ts/protocol';

/** The address of a host; empty (all interfaces) stays empty. Throws LISTEN for a name that is unknown. */
export async function addressOf(host: string): Promise<string> {
  if (host === '') return '';
  try {
    return (await lookup(host, { verbatim: false })).address;
  } catch (cause) {
    const text = `cannot listen: the host name ${host} is unknown; use an address of this machine`;
    throw new FaktoryError('LISTEN', text, { cause });
  }
}

/** The configured host as clients must name it. Empty when the server listens on all interfaces. */
export function boundHost(host: string): { host?: string } {
  return host === '' || host === '0.0.0.0' || host === '::' ? {} : { host };
}

/** The command port as clients reach it. */
export function wireAddress(
  { host, tls }: { readonly host: string; readonly tls?: object | undefined },
  port: number,
): Omit<WireAddress, 'password'> {
  return { ...boundHost(host), port, tls: tls !== undefined };
}
