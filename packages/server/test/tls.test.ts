/**
 * TLS on both ports: who gets in, what does not, and a certificate that is renewed while clients are connected.
 */

import { EventEmitter } from 'node:events';
import { get } from 'node:https';
import { connect as connectPlain, type Server as NetServer } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { createServer, type Server } from '../src/index.ts';
import { silent } from '../src/log.ts';
import { CertificateFaults } from '../src/tls.ts';
import { kept, pem, running } from './running.ts';
import { WireClient } from './wire-client.ts';

const ca = pem('ca.cert');
const pair = { key: pem('server.key'), cert: pem('server.cert') };
const renewed = { key: pem('renewed.key'), cert: pem('renewed.cert') };

/** Resolves once the server has said its first words; rejects when it would not talk. */
async function secure(server: Server, options: ConnectionOptions = {}): Promise<[WireClient, TLSSocket]> {
  const socket = connect({ host: 'localhost', port: server.port, ca, ...options });
  const client = kept(WireClient.over(socket));
  if ((await client.line()) !== '+HI {"v":2}') throw client.broken ?? new Error('closed');
  return [client, socket];
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;

test('commands travel by TLS 1.2 or later; who speaks plainly or an older version hears nothing', async () => {
  const server = await running({ tls: pair });
  expect(server.url).toMatch(/^tcp\+tls:/);
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const [client, socket] = await secure(server, { minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    expect(await client.ask('HELLO {"v":2}')).toBe('+OK');
    await client.push(`over-${version}`);
  }
  const old: ConnectionOptions = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  };
  await expect(secure(server, old)).rejects.toThrow(/version/);
  const plain = kept(await WireClient.connect(server.port));
  plain.send('HELLO {"v":2}');
  await plain.closed();
  expect(plain.received.toString()).not.toContain('HI');
});

test('a renewed certificate is given to new connections, and those that are there live on', async () => {
  const server = await running({ tls: pair, http: {} });
  const [client, socket] = await secure(server);
  expect([nameOf(socket), await client.ask('HELLO {"v":2}')]).toEqual(['localhost', '+OK']);
  await server.reload({ tls: renewed });
  const [, next] = await secure(server);
  expect(nameOf(next)).toBe('localhost, renewed');
  await client.push('lives-on1');
  await expect(server.reload({ tls: { ...pair, key: renewed.key } })).rejects.toMatchObject({
    code: 'CONFIG',
  });
  await expect(server.reload({ tls: { ...pair, clientCa: ca } })).rejects.toMatchObject({ code: 'CONFIG' });
  const name = await new Promise((resolve, reject) => {
    get({ host: 'localhost', port: server.httpPort, path: '/health', ca, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
  expect(name).toBe(200);
});

test('where client certificates are asked for, only one that the authority signed gets in', async () => {
  const server = await running({ tls: { ...pair, clientCa: ca } });
  await expect(secure(server)).rejects.toThrow();
  await secure(server, { key: pem('client.key'), cert: pem('client.cert') });
});

test('a client that a certificate keeps out is a line of the log with its address and the reason, once a minute', async () => {
  const warnings: string[] = [];
  const log = { ...silent, warn: (text: string) => void warnings.push(text) };
  const server = await running({ tls: { ...pair, clientCa: ca }, http: {}, log });
  const own = (name: string) => ({ key: pem(`${name}.key`), cert: pem(`${name}.cert`) });
  const tries: [ConnectionOptions, RegExp][] = [
    [{}, /it presented no client certificate/],
    [own('expired'), /its client certificate .*(?:has expired|not signed by)/],
    [own('future'), /its client certificate (?:is not valid yet|is not signed by an authority)/],
  ];
  for (const [options, reason] of tries) {
    await expect(secure(server, options)).rejects.toThrow();
    await expect.poll(() => warnings.join('\n')).toMatch(reason);
  }
  expect(warnings[0]).toMatch(/^a client at (?:::ffff:)?(?:127\.0\.0\.1|::1) did not get in for commands: /);
  const lines = warnings.length;
  await expect(secure(server)).rejects.toThrow();
  await secure(server, own('client'));
  expect(warnings).toHaveLength(lines);
  const asked = connect({ host: 'localhost', port: server.httpPort ?? 0, ca });
  asked.on('error', () => undefined);
  await expect
    .poll(() => warnings.at(-1))
    .toMatch(/did not get in for HTTP: it presented no client certificate/);
});

test('the log says that a client refuses the certificate of the server, and nothing of other faults of TLS', () => {
  const warnings: string[] = [];
  const server = new EventEmitter();
  new CertificateFaults({ ...silent, warn: (text) => void warnings.push(text) }, 'for commands').watch(
    server as NetServer,
  );
  const raw = { remoteAddress: '192.0.2.7' };
  server.emit('connection', raw);
  for (const code of ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ECONNRESET'])
    server.emit('tlsClientError', Object.assign(new Error('x'), { code }), { _parent: raw });
  expect(warnings).toEqual([
    "a client at 192.0.2.7 did not get in for commands: it does not accept this server's certificate (unknown ca)",
  ]);
});

test('a TLS handshake that never ends is cut off, and does not hold up the stop', async () => {
  const server = await running({ tls: pair, handshakeTimeout: 200 });
  const silent = kept(await WireClient.connect(server.port));
  await silent.closed();
  const patient = await running({ tls: pair, handshakeTimeout: 60_000 });
  const stuck = connectPlain(patient.port, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => stuck.once('connect', resolve));
  await patient.stop();
});

test('a key of another certificate, or no PEM, is refused before anything listens', () => {
  for (const tls of [
    { ...pair, key: renewed.key },
    { key: 'x', cert: 'y' },
  ])
    expect(() => createServer({ tls })).toThrow(/^tls cannot be used/);
});

test('a clientCa without a certificate is refused at the start and by a reload, so that clients are not all locked out', async () => {
  const refusal = { code: 'CONFIG', message: expect.stringMatching(/^tls.clientCa has no certificate/) };
  expect(() => createServer({ tls: { ...pair, clientCa: 'hello' } })).toThrow(
    expect.objectContaining(refusal),
  );
  const server = await running({ tls: { ...pair, clientCa: ca } });
  await expect(server.reload({ tls: { ...pair, clientCa: '' } })).rejects.toMatchObject(refusal);
});

test('an address that this machine does not have is named as such, with the flag', async () => {
  const message = expect.stringMatching(/this machine does not have the address 192\.0\.2\.1; .* -b/);
  const server = createServer({ host: '192.0.2.1', password: 'x' });
  await expect(server.start()).rejects.toMatchObject({ code: 'LISTEN', message });
});

test('one port for commands and for HTTP is named as such, and not as a process to stop', async () => {
  const { port } = await running();
  const server = createServer({ port, http: { port: 0 } });
  const refused = await server.start().catch((error: Error) => error.message);
  expect(refused).toMatch(/, this process itself; -b and -w need different ports/);
});
