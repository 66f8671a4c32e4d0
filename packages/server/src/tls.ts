/**
 * TLS of both ports: what the option means to Node, checked before anything listens.
 *
 * It must never put the key into a text. A stranger would get wrong that a client certificate, where one is asked for, comes on top
 * of the password and does not replace it.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { FaktoryError, type Micros } from '@faktory-ts/protocol';

/** Key and certificate of the server, as PEM text. */
export interface Tls {
  readonly key: string | Buffer;
  /** The server's certificate, and behind it those between it and the authority. */
  readonly cert: string | Buffer;
  /** Authorities of client certificates. When given, a client must have one. Default: none is asked for. */
  readonly clientCa?: string | Buffer;
}

/** What can be exchanged while a server listens. */
export function secureContext({ key, cert, clientCa }: Tls): SecureContextOptions {
  return { key, cert, minVersion: 'TLSv1.2', ...(clientCa !== undefined && { ca: clientCa }) };
}

/** What a server is made with. */
export function secureOptions(tls: Tls): TlsOptions {
  const asked = tls.clientCa !== undefined;
  return { ...secureContext(tls), requestCert: asked, rejectUnauthorized: asked };
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** When the first certificate of the chain expires. */
export function certificateExpiry({ cert }: Pick<Tls, 'cert'>): Micros | undefined {
  const ends = [...cert.toString().matchAll(CERTIFICATES)].map(([pem]) => {
    return Date.parse(new X509Certificate(pem).validTo) * 1000;
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Throws CONFIG for a pair that cannot be used. */
export function checkTls(tls: Tls | undefined): Tls | undefined {
  if (tls === undefined) return undefined;
  checkClientCa(tls.clientCa);
  try {
    createSecureContext(secureContext(tls));
    return tls;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `tls cannot be used: ${reason}; give a key and the certificate that was made for it, both as PEM`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

/** Node takes a text without a certificate as an empty list of authorities, with which no client gets in. */
function checkClientCa(clientCa: Tls['clientCa']): void {
  if (clientCa === undefined) return;
  try {
    new X509Certificate(clientCa);
  } catch (cause) {
    const text =
      'tls.clientCa has no certificate, so no client could connect; give the certificate of the authority as PEM';
    throw new FaktoryError('CONFIG', text, { cause });
  }
}
