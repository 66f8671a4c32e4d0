import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { greetingLine } from '@faktory-ts/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { Client } from '../src/client.ts';
import type { ClientOptions } from '../src/client-options.ts';
import { OutboxRelay } from '../src/outbox/index.ts';
import { FakeServer } from './fake-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const pem = (name: string): Buffer => readFileSync(new URL(`tls/${name}`, import.meta.url));

/** The host and port of a server with TLS. */
async function secureServer(options: tls.TlsOptions = {}): Promise<string> {
  const secure = tls.createServer(
    { key: pem('server.key'), cert: pem('server.pem'), ...options },
    (socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(greetingLine());
      socket.on('data', () => socket.write('+OK\r\n'));
    },
  );
  secure.on('tlsClientError', () => undefined);
  await once(secure.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => secure.close());
  return `127.0.0.1:${(secure.address() as AddressInfo).port}`;
}

/**
 * The error of a call with a timeout of a minute: an error that is known at once does not wait for
 * it.
 */
async function refusal(options: ClientOptions): Promise<unknown> {
  const client = new Client({ timeout: 60_000, exactlyOnce: false, ...options });
  try {
    return await client.flush().catch((error: unknown) => error);
  } finally {
    await client.close();
  }
}

describe('a client and a server that do not agree about TLS get a TLS error at once', () => {
  test('a client without TLS at a port with TLS gets a TLS error at once', async () => {
    const at = await secureServer();
    expect(await refusal({ url: `tcp://${at}` })).toMatchObject({
      code: 'TLS',
      message: `${at}: the server speaks TLS and the URL does not: write tcp+tls:// in place of tcp://`,
    });
  });

  test('a client without TLS gets a TLS error at once when the server asks for a certificate, too', async () => {
    const at = await secureServer({ requestCert: true, ca: pem('ca.pem') });
    expect(await refusal({ url: `tcp://${at}` })).toMatchObject({ code: 'TLS' });
  });

  test('a client with TLS at a port without TLS gets a TLS error at once', async () => {
    const server = await FakeServer.start();
    ends.push(() => server.stop());
    const url = server.url.replace('tcp://', 'tcp+tls://');
    expect(await refusal({ url })).toMatchObject({
      code: 'TLS',
      message: expect.stringMatching(/the server does not speak TLS here: write tcp:\/\/127\.0\.0\.1:\d+/),
    });
  });
});

describe('a refused certificate is reported at once as TLS, with advice', () => {
  test.each<[string, tls.ConnectionOptions, RegExp]>([
    ['of an unknown authority', { servername: 'jobs.example' }, /not signed by an authority.*tls: \{ ca \}/],
    ['of another host', { ca: pem('ca.pem'), servername: 'other.example' }, /for another host.*servername/],
  ])('%s', async (_name, options, message) => {
    const at = await secureServer();
    expect(await refusal({ url: `tcp+tls://${at}`, tls: options })).toMatchObject({
      code: 'TLS',
      message: expect.stringMatching(message),
    });
  });
});

test("a server's certificate that is not valid yet is reported as such, with the clock", async () => {
  const at = await secureServer({ key: pem('future.key'), cert: pem('future.pem') });
  expect(await refusal({ url: `tcp+tls://${at}`, tls: { ca: pem('future.pem') } })).toMatchObject({
    code: 'TLS',
    message: expect.stringMatching(/not valid yet.*clock/),
    cause: { code: 'CERT_NOT_YET_VALID' },
  });
});

describe('a client whose certificate the server refuses', () => {
  const asking = { requestCert: true, rejectUnauthorized: true, ca: pem('ca.pem') };

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`a client without a certificate is told that the server requires one (${version})`, async () => {
      const at = await secureServer({ ...asking, maxVersion: version });
      const tls = { ca: pem('ca.pem'), servername: 'jobs.example' };
      expect(await refusal({ url: `tcp+tls://${at}`, tls })).toMatchObject({
        code: 'TLS',
        message: expect.stringMatching(/asks for a client certificate.*FAKTORY_TLS_CERT/),
      });
    });

    test(`a client whose certificate is visibly invalid gets the reason at once (${version})`, async () => {
      const at = await secureServer({ ...asking, maxVersion: version });
      const own = { key: pem('future.key'), cert: pem('future.pem') };
      const tls = { ca: pem('ca.pem'), servername: 'jobs.example', ...own };
      expect(await refusal({ url: `tcp+tls://${at}`, tls })).toMatchObject({
        code: 'TLS',
        message: expect.stringMatching(/refused this client's certificate, which is valid only from .*2120/),
      });
    });

    test(`a client whose certificate looks valid gets a hint when the server refuses it (${version})`, async () => {
      const at = await secureServer({ ...asking, maxVersion: version, ca: pem('future.pem') });
      const own = { key: pem('client.key'), cert: pem('client.pem') };
      const tls = { ca: pem('ca.pem'), servername: 'jobs.example', ...own };
      expect(await refusal({ url: `tcp+tls://${at}`, tls, timeout: 1000 })).toMatchObject({
        message: expect.stringMatching(/before its greeting; .*refuses the client's certificate/),
      });
    });
  }

  test('a client gets no hint about its certificate when no server was reached', async () => {
    const at = await secureServer();
    await ends.pop()?.();
    const tls = { key: pem('client.key'), cert: pem('client.pem') };
    const error = await refusal({ url: `tcp+tls://${at}`, tls, timeout: 500 });
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('certificate');
  });
});

test('a key and a certificate of the tls option that do not belong together are CONFIG', async () => {
  const at = await secureServer();
  const tls = { key: pem('future.key'), cert: pem('client.pem') };
  expect(() => new Client({ url: `tcp+tls://${at}`, tls })).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringMatching(/tls.*cert.*key/) }),
  );
});

test('the client waits for a slow server without TLS, and checks only once whether it speaks TLS', async () => {
  const server = await FakeServer.start({ greeting: '' });
  ends.push(() => server.stop());
  const client = new Client({ url: server.url, timeout: 400 });
  ends.push(() => client.close());
  await expect(client.flush()).rejects.toMatchObject({ code: 'TIMEOUT' });
  await expect(client.flush()).rejects.toMatchObject({ code: 'TIMEOUT' });
  const handshakes = server.peers.filter(({ lines }) => lines.some((line) => line.charCodeAt(0) === 0x16));
  expect(handshakes.length).toBeLessThanOrEqual(1);
});

test('the tls option with a URL without TLS is CONFIG', () => {
  const options = { url: 'tcp://jobs.example', tls: { ca: 'x' } };
  const error = expect.objectContaining({
    code: 'CONFIG',
    message: expect.stringMatching(/tcp:\/\/.*without TLS.*write tcp\+tls:\/\//),
  });
  expect(() => new Client(options)).toThrow(error);
  expect(() => new Client({ ...options, url: ['tcp+tls://jobs.example', 'tcp://spare.example'] })).toThrow(
    error,
  );
  const store = { dialect: 'sqlite' as const, query: async () => [] };
  expect(() => new OutboxRelay({ ...options, store })).toThrow(error);
});
