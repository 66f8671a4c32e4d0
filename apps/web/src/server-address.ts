/*
 * This server's address for lines and code that users copy. Pure. It never holds a secret: where one is needed, a word in its place
 * says so.
 */
import type { ApiSession } from '@faktory-ts/protocol';

/** What stands in a line in place of the secret. */
export const placeholder = 'PASSWORD';

/** Host, port and URL by which clients reach the server. */
export interface ClientAddress {
  host: string;
  port: number;
  /** As FAKTORY_URL takes it. */
  url: string;
}

/** Made of what the server knows and, where it listens on all interfaces, of the host that the page was opened by. */
export function clientAddress({ wire }: Pick<ApiSession, 'wire'>, pageHost: string): ClientAddress {
  const plain = wire.host ?? pageHost;
  const host = plain.includes(':') && !plain.startsWith('[') ? `[${plain}]` : plain;
  const secret = wire.password ? `:${placeholder}@` : '';
  return { host, port: wire.port, url: `${wire.tls ? 'tcp+tls' : 'tcp'}://${secret}${host}:${wire.port}` };
}
