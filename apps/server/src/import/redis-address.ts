/**
 * Parses the URL of a Redis, and makes its name for messages. The URL is never printed, because it
 * may hold a password.
 */
import { FaktoryError } from '@faktory-ts/protocol';

/** The address and user of a Redis. */
export interface RedisAddress {
  /** Name for messages, without the password. */
  readonly name: string;
  /** Path of a socket, or host and port. */
  readonly at: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

/** Parses a URL. Throws CONFIG without the URL. */
export function redisAddress(text: string): RedisAddress {
  const refuse = (cause?: unknown): never => {
    const ways =
      'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], rediss://… or unix:/PATH/OF/SOCKET[?user=USER&password=PASSWORD&db=DATABASE]';
    throw new FaktoryError('CONFIG', `the URL of the Redis is wrong; write ${ways}`, { cause });
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    return refuse(cause);
  }
  const { protocol, hostname, pathname, searchParams } = url;
  const username = decodeURIComponent(url.username) || undefined;
  const password = decodeURIComponent(url.password) || undefined;
  if (protocol === 'unix:') {
    const path = decodeURIComponent(pathname);
    const database = searchParams.get('db') ?? '0';
    if (path === '' || !/^\d+$/.test(database)) return refuse();
    const [user, secret] = [searchParams.get('user') ?? username, searchParams.get('password') ?? password];
    return {
      name: path,
      at: { path },
      tls: false,
      username: user,
      password: secret,
      database: Number(database),
    };
  }
  const database = pathname.replace(/^\//, '') || '0';
  if (!/^rediss?:$/.test(protocol) || hostname === '' || !/^\d+$/.test(database)) return refuse();
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 6379);
  const name = `${hostname}:${port}/${database}`;
  const tls = protocol === 'rediss:';
  return { name, at: { host, port }, tls, username, password, database: Number(database) };
}
