/**
 * Finds the server's address: from an option, from the environment, or this machine. Error messages
 * never contain a URL, because URLs contain passwords.
 *
 * Note: FAKTORY_PROVIDER is the *name* of the variable with the URL, not a URL, because hosting
 * platforms name that variable after the provider.
 */

import { FaktoryError } from '@faktory-ts/protocol';

/** A server's address, and what it needs. */
export interface ServerAddress {
  host: string;
  port: number;
  /** The URL has `tcp+tls://`. */
  tls: boolean;
  password?: string;
  /** Name of one of the server's tokens; its secret is then the password. */
  username?: string;
}

/** Options that select the server. */
export interface ServerChoice {
  /**
   * `tcp://[token]:password@host:port` or `tcp+tls://…`. The password is percent-encoded; the
   * default port is 7419. Several are tried in order.
   */
  url?: string | readonly string[] | undefined;
  /** Replaces the passwords in the URLs. Not percent-encoded. */
  password?: string | undefined;
  /** TLS options; only with `tcp+tls://`. */
  tls?: object | undefined;
}

const defaultPort = 7419;

/**
 * Finds the servers, in the order in which to try them: `url`, else the variable that
 * FAKTORY_PROVIDER names, else FAKTORY_URL, else `tcp://localhost:7419`.
 *
 * @throws FaktoryError `CONFIG` for an invalid URL, an empty list, `tls` with a server without TLS,
 * or FAKTORY_PROVIDER with the name of an unset variable.
 * @example
 * ```ts
 * const servers = resolveServers({ url: ['tcp://:s%20cret@jobs.example:7419', 'tcp://b.example'] });
 * servers[0]?.password; // 's cret'
 * ```
 */
export function resolveServers(
  choice: ServerChoice = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): ServerAddress[] {
  const { texts, origin } = chosenUrls(choice, env);
  if (texts.length === 0) throw new FaktoryError('CONFIG', `${origin} names no server`);
  return texts.map((text) => {
    const address = parseServerUrl(text, origin);
    if (choice.tls !== undefined && !address.tls) {
      const where = `${origin} begins with tcp://, which is without TLS, so the tls option would do nothing`;
      throw new FaktoryError('CONFIG', `${where}: write tcp+tls://, or remove the option`);
    }
    const password = choice.password ?? address.password;
    return { ...address, ...(password !== undefined && { password }) };
  });
}

function chosenUrls(
  choice: ServerChoice,
  env: Readonly<Record<string, string | undefined>>,
): { texts: readonly string[]; origin: string } {
  if (choice.url !== undefined) return { texts: [choice.url].flat(), origin: 'the url option' };
  const provider = env.FAKTORY_PROVIDER;
  if (provider) {
    if (provider.includes(':')) {
      throw new FaktoryError(
        'CONFIG',
        'FAKTORY_PROVIDER must name the variable that holds the URL, not be a URL',
      );
    }
    const text = env[provider];
    if (!text) throw new FaktoryError('CONFIG', `FAKTORY_PROVIDER names ${provider}, which is not set`);
    return { texts: [text], origin: provider };
  }
  if (env.FAKTORY_URL) return { texts: [env.FAKTORY_URL], origin: 'FAKTORY_URL' };
  return { texts: [`tcp://localhost:${defaultPort}`], origin: 'the default' };
}

function parseServerUrl(text: string, origin: string): ServerAddress {
  const form = 'it must look like tcp://:password@host:7419';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    const port = /:(\d+)\/?$/.exec(text)?.[1];
    if (Number(port) > 65_535)
      throw new FaktoryError('CONFIG', `${origin} has port ${port}; write one from 1 to 65535`);
    throw new FaktoryError('CONFIG', `${origin} is not a URL: ${form}`);
  }
  const scheme = url.protocol;
  if (/^[\w.-]+:\d*$/.test(text)) {
    throw new FaktoryError('CONFIG', `${origin} has no tcp:// before the host: ${form}`);
  }
  if (scheme !== 'tcp:' && scheme !== 'tcp+tls:') {
    throw new FaktoryError('CONFIG', `${origin} begins with ${scheme}// instead of tcp:// or tcp+tls://`);
  }
  const host = decoded(url.hostname, 'host', origin).replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw new FaktoryError('CONFIG', `${origin} names no host: ${form}`);
  const port = url.port === '' ? defaultPort : Number(url.port);
  if (port === 0) throw new FaktoryError('CONFIG', `${origin} has port 0, which nothing listens on`);
  const address: ServerAddress = { host, port, tls: scheme === 'tcp+tls:' };
  if (url.username !== '') address.username = decoded(url.username, 'user name', origin);
  if (url.password !== '') address.password = decoded(url.password, 'password', origin);
  return address;
}

function decoded(text: string, part: string, origin: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new FaktoryError('CONFIG', `the ${part} in ${origin} is not percent-encoded`, { cause });
  }
}
