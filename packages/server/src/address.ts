/**
 * Which address a host name means for listening. IPv4 first, as other servers of this protocol do it: "localhost"
 * must be where a client that knows only 127.0.0.1 looks.
 */
import { lookup } from 'node:dns/promises';
import { FaktoryError } from '@faktory-ts/protocol';

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
