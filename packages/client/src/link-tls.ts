/**
 * Opens the socket, with or without TLS, and explains failures: one end without TLS, or a refused
 * certificate.
 *
 * Note: a client without TLS and a server with TLS wait for each other, the client for a greeting,
 * the server for a handshake. So when no greeting arrives, the client tries a handshake on a second
 * socket. The first socket must not carry it, because a slow server without TLS would read its
 * bytes.
 */

import { X509Certificate } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerAddress } from './url.ts';

/** Opens the socket to a server. */
export function dial(
  { host, port, tls: secure }: ServerAddress,
  options?: tls.ConnectionOptions,
): net.Socket {
  if (!secure) return net.connect({ host, port });
  const servername = net.isIP(host) === 0 ? host : '';
  return tls.connect({ servername, ...options, host, port });
}

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const noTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'EPROTO',
]);

/** The error of a failed handshake. Undefined: the failure was not one of TLS. */
export function tlsFault(cause: Error, { host, port }: ServerAddress): FaktoryError | undefined {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const why = meaning(code, shortReason(message), `${host}:${port}`);
  return why === undefined ? undefined : new FaktoryError('TLS', `${host}:${port}: ${why}`, { cause });
}

/**
 * OpenSSL writes `802C…:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate
 * required:../deps/…`.
 */
function shortReason(message: string): string {
  return /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message.trim();
}

function meaning(code: string, message: string, at: string): string | undefined {
  if (untrusted.has(code)) {
    return `the server's certificate is not signed by an authority that this program trusts (${message}): give the authority's certificate in FAKTORY_TLS_CA or NODE_EXTRA_CA_CERTS, or as tls: { ca }`;
  }
  if (code === 'CERT_HAS_EXPIRED') return "the server's certificate has expired: renew it";
  if (code === 'CERT_NOT_YET_VALID')
    return "the server's certificate is not valid yet: check the clock of this machine, or wait until the certificate begins";
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the server's certificate is for another host (${message}): write its name in the URL, or as tls: { servername }`;
  }
  const pair =
    'name a pair that it trusts in FAKTORY_TLS_CERT and FAKTORY_TLS_KEY, or give tls: { cert, key }';
  if (code.includes('CERTIFICATE_REQUIRED'))
    return `the server asks for a client certificate, and this client presented none (${message}): ${pair}`;
  if (code.includes('ALERT_HANDSHAKE_FAILURE'))
    return `TLS failed (${message}); a server that asks for a client certificate fails so when it gets none: ${pair}`;
  if (/BAD_CERTIFICATE|UNKNOWN_CA|ALERT_(?:EXPIRED|CERTIFICATE)/.test(code)) {
    return `the server does not accept this client's certificate (${message}): ${pair}`;
  }
  if (noTls.has(code))
    return `the server does not speak TLS here: write tcp://${at}, or switch TLS on in the server`;
  if (/^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|CRL_|HOSTNAME_MISMATCH|INVALID_CA)/.test(code)) {
    return `TLS failed: ${message}`;
  }
  return undefined;
}

/**
 * Why a server may have closed before its greeting: Node's servers close without an alert when they
 * refuse the client's certificate. A `TLS` error when the certificate itself shows the reason,
 * otherwise a hint for the message; undefined: no certificate was sent.
 */
export function refusedClient(
  { host, port }: ServerAddress,
  options: tls.ConnectionOptions | undefined,
): FaktoryError | string | undefined {
  const { cert, pfx, secureContext } = options ?? {};
  if (cert === undefined && pfx === undefined && secureContext === undefined) return undefined;
  const wrong = typeof cert === 'string' || Buffer.isBuffer(cert) ? untimely(cert) : undefined;
  if (wrong !== undefined)
    return new FaktoryError(
      'TLS',
      `${host}:${port}: the server refused this client's certificate, which ${wrong}`,
    );
  return "a server does so when it refuses the client's certificate, and its log says why";
}

/** Undefined: the certificate is valid now. */
function untimely(pem: string | Buffer): string | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    if (Date.parse(validTo) < Date.now()) return `expired at ${validTo}: renew it`;
    if (Date.parse(validFrom) > Date.now())
      return `is valid only from ${validFrom}: check the clock of this machine`;
  } catch {
    // The certificate cannot be read, so the handshake reports its own reason.
  }
  return undefined;
}

/** The error of a client without TLS at a port with TLS. */
export function needsTls({ host, port }: ServerAddress): FaktoryError {
  const text = 'the server speaks TLS and the URL does not: write tcp+tls:// in place of tcp://';
  return new FaktoryError('TLS', `${host}:${port}: ${text}`);
}

/** The error of a client at an HTTP port. */
export function speaksOther({ host, port }: ServerAddress): FaktoryError {
  const text =
    'this is an HTTP port, like that of the web UI (7420): use the port for jobs (7419, or what -b says)';
  return new FaktoryError('PROTOCOL', `${host}:${port}: ${text}`);
}

const asked = new WeakSet<ServerAddress>();
const askedHttp = new WeakSet<ServerAddress>();

/**
 * Whether an HTTP request is answered within these milliseconds. Tried once for an address, as
 * {@link speaksTls}.
 */
export function speaksHttp(
  address: ServerAddress,
  options: tls.ConnectionOptions | undefined,
  within: number,
): Promise<boolean> {
  if (askedHttp.has(address)) return Promise.resolve(false);
  askedHttp.add(address);
  return new Promise((resolve) => {
    const socket = dial(address, options).unref();
    const end = (speaks: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      if (speaks) askedHttp.delete(address);
      resolve(speaks);
    };
    const timer = setTimeout(() => end(false), within).unref();
    socket.write('GET /health/live HTTP/1.0\r\n\r\n');
    socket.once('data', (bytes) => end(bytes.toString('latin1', 0, 5) === 'HTTP/'));
    for (const event of ['error', 'close']) socket.once(event, () => end(false));
  });
}

/**
 * Whether the server answers a TLS handshake within these milliseconds. Tried once for an address,
 * so that a slow server is not tried at each dial.
 */
export function speaksTls(address: ServerAddress, within: number): Promise<boolean> {
  if (asked.has(address)) return Promise.resolve(false);
  asked.add(address);
  return new Promise((resolve) => {
    const { host, port } = address;
    const socket = tls.connect({ host, port, rejectUnauthorized: false });
    const end = (speaks: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      if (speaks) asked.delete(address);
      resolve(speaks);
    };
    const timer = setTimeout(() => end(false), within).unref();
    socket.unref();
    socket.once('secureConnect', () => end(true));
    // A server that requires a client certificate ends the handshake with an alert, so it speaks
    // TLS too.
    socket.once('error', (error: NodeJS.ErrnoException) => end(/^ERR_SSL_.*ALERT/.test(error.code ?? '')));
    socket.once('close', () => end(false));
  });
}
