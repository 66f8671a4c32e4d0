/**
 * Reads TLS certificates from files: those of a program's flags, otherwise those of
 * FAKTORY_TLS_KEY, FAKTORY_TLS_CERT and FAKTORY_TLS_CA.
 *
 * Note: the variables apply only to `tcp+tls://`, because several programs may share an
 * environment. Flags apply to one program.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerAddress } from './url.ts';

/** Paths from a program's flags; each replaces its environment variable. */
export interface TlsFiles {
  /** `--tls-key`: the client's key. */
  key?: string | undefined;
  /** `--tls-cert`: the client's certificate. */
  cert?: string | undefined;
  /** `--tls-ca`: the only authorities that may sign the server's certificate. */
  ca?: string | undefined;
}

/** TLS options beside the URL. */
export interface TlsChoice {
  /** Replaces all files. */
  tls?: ConnectionOptions | undefined;
  files?: TlsFiles | undefined;
}

const names = ['key', 'cert', 'ca'] as const;
type Env = Readonly<Record<string, string | undefined>>;

interface Named {
  path: string;
  /** The flag or the variable, for errors. */
  source: string;
}

/**
 * The TLS options for these servers: the `tls` option, and files for what it does not set.
 * Undefined: none.
 *
 * @throws FaktoryError `CONFIG` for a flag with a server without TLS, a key without its certificate
 * or a certificate without its key, and a file that cannot be read.
 */
export function clientTls(
  addresses: readonly ServerAddress[],
  { tls, files = {} }: TlsChoice,
  env: Env = process.env,
): ConnectionOptions | undefined {
  if (!addresses.some((address) => address.tls)) {
    const typed = names.find((name) => files[name] !== undefined);
    if (typed === undefined) return tls;
    const text = `--tls-${typed} needs TLS, and the server's URL begins with tcp://: write tcp+tls://, or remove the flag`;
    throw new FaktoryError('CONFIG', text);
  }
  const { key, cert, ca } = named(files, env);
  const own = tls?.key ?? tls?.cert ?? tls?.pfx ?? tls?.secureContext; // a pair is never made of two places
  const read: ConnectionOptions = { ...(ca && { ca: certificateOf(ca).pem }) };
  if (own === undefined && (key || cert)) {
    if (!key || !cert) throw half(key ?? cert, key ? 'cert' : 'key');
    Object.assign(read, pairOf(key, cert, tls?.passphrase));
  } else if (tls && own !== undefined) checkOwn(tls);
  return tls === undefined && Object.keys(read).length === 0 ? undefined : { ...read, ...tls };
}

function named(files: TlsFiles, env: Env): Partial<Record<(typeof names)[number], Named>> {
  const found: Partial<Record<(typeof names)[number], Named>> = {};
  for (const name of names) {
    const variable = `FAKTORY_TLS_${name.toUpperCase()}`;
    const [typed, set] = [files[name], env[variable]];
    if (typed !== undefined) found[name] = { path: typed, source: `--tls-${name}` };
    else if (set) found[name] = { path: set, source: variable };
  }
  return found;
}

function half(found: Named | undefined, missing: 'key' | 'cert'): FaktoryError {
  const what = missing === 'key' ? 'the certificate without its key' : 'the key without its certificate';
  const ways = `name the other file with --tls-${missing} or FAKTORY_TLS_${missing.toUpperCase()}`;
  return new FaktoryError('CONFIG', `${found?.source} is ${what}: ${ways}`);
}

function contentOf({ path, source }: Named): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const text = `${source}: cannot read ${path} (${code}); correct the path, or make the file readable for this user`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

/** Throws CONFIG now; otherwise a dial would throw later, where no caller waits. */
function checkOwn(tls: ConnectionOptions): void {
  try {
    createSecureContext(tls);
  } catch (cause) {
    const text = `the tls option cannot be used: ${(cause as Error).message}; its cert and key must be PEM texts that belong together`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

/** Reads both files. Throws CONFIG with both names when they do not belong together. */
function pairOf(key: Named, cert: Named, passphrase: string | undefined): { key: string; cert: string } {
  const [keyPem, { pem, certificate }] = [contentOf(key), certificateOf(cert)];
  let matches: boolean;
  try {
    const secret = passphrase === undefined ? keyPem : { key: keyPem, passphrase };
    matches = certificate.checkPrivateKey(createPrivateKey(secret));
  } catch (cause) {
    const text = `${key.source}: ${key.path} is not a private key in PEM form, or needs a passphrase; correct it`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
  if (matches) return { key: keyPem, cert: pem };
  const text = `the certificate ${cert.path} (${cert.source}) was not made for the key ${key.path} (${key.source}); name the two that belong together`;
  throw new FaktoryError('CONFIG', text);
}

/**
 * Node takes a text without a certificate as an empty list of authorities, and then refuses every
 * server.
 */
function certificateOf(named: Named): { pem: string; certificate: X509Certificate } {
  const pem = contentOf(named);
  try {
    return { pem, certificate: new X509Certificate(pem) };
  } catch (cause) {
    const text = `${named.source}: ${named.path} has no certificate in PEM form; correct it`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}
