/**
 * Reads the TLS files: named by flags or [tls], else the pair in the configuration folder that
 * other Faktory servers use too. Half a pair is an error, so the server never starts without a
 * wanted TLS.
 *
 * Note: paths in TOML files are relative to the configuration folder, paths in flags to the current
 * folder.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Tls } from '@faktory-ts/server';
import type { Flags } from './flags.ts';
import type { TomlSettings } from './toml.ts';

interface Named {
  readonly path: string;
  /** The setting that named it, for errors. */
  readonly source: string;
}

/**
 * Reads the pair; undefined = no TLS. Throws CONFIG when it is incomplete, cannot be read, or does
 * not match.
 */
export function readTls(
  configDir: string,
  flags: Flags,
  toml: Pick<TomlSettings, 'tls' | 'source'>,
): Tls | undefined {
  const named = (flag: 'tls-key' | 'tls-cert' | 'tls-client-ca', key: keyof TomlSettings['tls']) => {
    const [typed, written] = [flags[flag], toml.tls[key]];
    if (typed !== undefined) return { path: resolve(typed), source: `--${flag}` };
    const name = key === 'clientCa' ? 'client_ca' : key;
    return written === undefined
      ? undefined
      : { path: resolve(configDir, written), source: toml.source('tls', name) };
  };
  const usual = (name: string): Named | undefined => {
    const path = join(configDir, name);
    return existsSync(path) ? { path, source: 'TLS' } : undefined;
  };
  const key = named('tls-key', 'key') ?? usual('private.key.pem');
  const cert = named('tls-cert', 'cert') ?? usual('public.cert.pem');
  const ca = named('tls-client-ca', 'clientCa');
  if (!key && !cert && !ca) return undefined;
  if (!key || !cert)
    throw incomplete(key ?? cert ?? ca, !key && !cert ? 'key and certificate' : key ? 'certificate' : 'key');
  const tls = { key: read(key), cert: read(cert), ...(ca && { clientCa: read(ca) }) };
  checkPair(tls, key, cert);
  if (ca) parsed(ca, 'a certificate', () => new X509Certificate(tls.clientCa ?? ''));
  return tls;
}

function incomplete(found: Named | undefined, missing: string): FaktoryError {
  const ways =
    'name it with --tls-key or --tls-cert, or put private.key.pem and public.cert.pem into the configuration folder';
  const text = `${found?.source}: ${found?.path} alone is not enough for TLS, the ${missing} is missing; ${ways}`;
  return new FaktoryError('CONFIG', text);
}

function read({ path, source }: Named): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const text = `${source}: cannot read ${path} (${code}); make it readable for this user`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

function checkPair(tls: { key: string; cert: string }, key: Named, cert: Named): void {
  const privateKey = parsed(key, 'a private key without a passphrase', () => createPrivateKey(tls.key));
  const certificate = parsed(cert, 'a certificate', () => new X509Certificate(tls.cert));
  if (!certificate.checkPrivateKey(privateKey)) {
    const text = `${cert.source}: the certificate ${cert.path} does not match the key ${key.path}; use a matching pair`;
    throw new FaktoryError('CONFIG', text);
  }
}

function parsed<T>({ path, source }: Named, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new FaktoryError('CONFIG', `${source}: ${path} is not ${what} in PEM form; correct it`, { cause });
  }
}
