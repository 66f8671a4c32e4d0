/**
 * Whether a server may be open to the network: where other machines reach it, somebody must ask who they are, unless the operator says
 * otherwise. A certificate that every client needs asks too.
 */
import { BlockList, isIP } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';
import { addressOf } from './address.ts';
import type { Tls } from './tls.ts';

/** Which port must ask for a password or a token. */
export interface MustAsk {
  readonly wire: boolean;
  readonly http: boolean;
}

interface Reach {
  readonly host: string;
  readonly http: { readonly host: string } | undefined;
  readonly tls: Tls | undefined;
  readonly openToNetwork: boolean;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches the address; empty means all interfaces. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Throws LISTEN for a host that is unknown. */
export async function mustAsk({ host, http, tls, openToNetwork }: Reach): Promise<MustAsk> {
  if (openToNetwork || tls?.clientCa !== undefined) return { wire: false, http: false };
  const reached = async (name: string): Promise<boolean> => !isLoopback(await addressOf(name));
  return { wire: await reached(host), http: http !== undefined && (await reached(http.host)) };
}

/** Throws CONFIG where a port must ask and there is nothing to ask for. */
export function refuseOpen(must: MustAsk, asks: MustAsk, { host, http }: Pick<Reach, 'host' | 'http'>): void {
  const open = must.wire && !asks.wire ? host : must.http && !asks.http ? (http?.host ?? '') : undefined;
  if (open === undefined) return;
  const where = open === '' ? 'all interfaces' : open;
  const ways =
    'set a password (FAKTORY_PASSWORD), add a token (faktory tokens add), or listen on localhost; openToNetwork: true lets everybody in';
  throw new FaktoryError('CONFIG', `a password is required: other machines reach ${where}; ${ways}`);
}
