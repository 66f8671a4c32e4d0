/**
 * Reads the TLS options of both ports and checks them before the server listens.
 *
 * Note: a client certificate, where one is required, does not replace the password. No error text
 * contains the key.
 */
import { X509Certificate } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls';
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Logger } from './log.ts';

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

/** From when to when all certificates of the chain are valid. */
export function validity({ cert }: Pick<Tls, 'cert'>): { from: Micros; until: Micros } | undefined {
  const chain = [...cert.toString().matchAll(CERTIFICATES)].map(([pem]) => new X509Certificate(pem));
  if (chain.length === 0) return undefined;
  return {
    from: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom) * 1000)),
    until: Math.min(...chain.map(({ validTo }) => Date.parse(validTo) * 1000)),
  };
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

const MINUTE = 60_000; // ms
const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it presented no client certificate',
  CERT_HAS_EXPIRED: 'its client certificate has expired',
  CERT_NOT_YET_VALID: 'its client certificate is not valid yet',
};
const UNTRUSTED = 'its client certificate is not signed by an authority of the client CA';
const ALERT = /^ERR_SSL_(?:TLSV1|SSLV3|TLSV13)_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+)$/;

/** Why a handshake failed, as far as certificates are the reason. */
function certificateFault(code: string, refused: string | undefined): string | undefined {
  if (refused !== undefined) return REASONS[refused] ?? `${UNTRUSTED} (${refused})`;
  if (ALERT.test(code)) {
    const alert = code
      .replace(/^.*_ALERT_/, '')
      .toLowerCase()
      .replaceAll('_', ' ');
    return `it does not accept this server's certificate (${alert})`;
  }
  return REASONS[code];
}

/**
 * Logs which clients fail because of a certificate, theirs or the server's: at once, then each reason once a minute with a count. Made
 * for the event `tlsClientError`. The raw sockets must be given to `seen` while they are open: later they have no address.
 */
export class CertificateFaults {
  readonly #log: Logger;
  readonly #at: string;
  readonly #addresses = new WeakMap<object, string>();
  readonly #reported = new Map<string, { at: number; more: number }>();

  /** @param at What the clients connected to, for the log. */
  constructor(log: Logger, at: string) {
    this.#log = log;
    this.#at = at;
  }

  watch(server: Server): void {
    server.on('connection', (raw: Socket) => this.#addresses.set(raw, raw.remoteAddress ?? ''));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const refused: unknown = socket.authorizationError; // a code, although Node's types say an error
      const code = refused ? String((refused as Error).message ?? refused) : undefined;
      const why = certificateFault(error.code ?? '', code);
      const { _parent: raw } = socket as TLSSocket & { _parent?: Socket };
      if (why !== undefined) this.#report(why, (raw && this.#addresses.get(raw)) || 'an unknown address');
    });
  }

  #report(why: string, address: string): void {
    const now = performance.now();
    const last = this.#reported.get(why);
    if (last && now - last.at < MINUTE) {
      last.more += 1;
      return;
    }
    const more = last?.more ? ` (and ${last.more} times more since the last such line)` : '';
    this.#reported.set(why, { at: now, more: 0 });
    this.#log.warn(`a client at ${address} did not get in ${this.#at}: ${why}${more}`);
  }
}
