/**
 * The server’s address in commands and code that users copy. It never has a secret, only a
 * placeholder for one. Pure.
 */
import type { ApiSession } from '@faktory-ts/protocol';

/** The placeholder for the secret in a command. */
export const placeholder = 'PASSWORD';

/** Host, port and URL by which clients reach the server. */
export interface ClientAddress {
  host: string;
  port: number;
  /** In the format of FAKTORY_URL. */
  url: string;
}

/**
 * Built from the server's own address; a server that listens on all interfaces is named by the
 * host in the page's address.
 */
export function clientAddress({ wire }: Pick<ApiSession, 'wire'>, pageHost: string): ClientAddress {
  const plain = wire.host ?? pageHost;
  const host = plain.includes(':') && !plain.startsWith('[') ? `[${plain}]` : plain;
  const secret = wire.password ? `:${placeholder}@` : '';
  return { host, port: wire.port, url: `${wire.tls ? 'tcp+tls' : 'tcp'}://${secret}${host}:${wire.port}` };
}
