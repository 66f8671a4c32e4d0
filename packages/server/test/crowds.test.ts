/**
 * Crowds at the doors: connections that say nothing, heads that come slowly, wrong proofs from many addresses. A client gets in beside
 * them, and health is answered.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Server } from '../src/index.ts';
import { login } from './login.ts';
import { connected, eventually, greeted, kept, pem, running } from './running.ts';
import { ask } from './web.ts';
import { WireClient } from './wire-client.ts';

const patient = { timeout: 60_000 };

/** So many connections to a port, of which each says something at once; closed by what is given back. */
async function crowd(port: number, size: number, says = ''): Promise<() => Promise<unknown>> {
  const sockets: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (let one = 0; one < size; one++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    closed.push(new Promise((resolve) => socket.once('close', resolve)));
    sockets.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    if (says !== '') socket.write(says);
  }
  return () => {
    for (const socket of sockets) socket.destroy();
    return Promise.all(closed);
  };
}

test('a client gets in beside 1,500 silent connections of its address', patient, async () => {
  const server = await running({ handshakeTimeout: 60_000 });
  const end = await crowd(server.port, 1500);
  for (let time = 0; time < 5; time++) await (await greeted(server)).push(`job-${time}-0001`);
  await end();
});

test('with TLS, connections that never begin it leave room too', patient, async () => {
  const tls = { key: pem('server.key'), cert: pem('server.cert') };
  const server = await running({ handshakeTimeout: 60_000, maxUnauthenticated: 20, tls });
  const silent: WireClient[] = [];
  for (let one = 0; one < 15; one++)
    silent.push(kept(WireClient.over(connect(server.port, '127.0.0.1').on('error', () => undefined))));
  await eventually(() => silent.filter(({ isClosed }) => isClosed).length === 5);
});

test('health is answered beside 1,200 heads that come slowly', patient, async () => {
  const server = await running({ http: {}, handshakeTimeout: 60_000 });
  const end = await crowd(server.httpPort ?? 0, 1200, 'GET /health HTTP/1.1\r\nHost: localhost\r\nx: ');
  for (let time = 0; time < 20; time++)
    for (const path of ['/health', '/health/live', '/health/ready'])
      expect((await ask(server, path)).status).toBe(200);
  expect((await ask(server, '/api/queues')).status).toBe(200);
  await end();
});

test(
  'health is answered beside bodies that come slowly, also of requests that nobody let in',
  patient,
  async () => {
    const server = await running({ http: {}, handshakeTimeout: 60_000, password: 'secret' });
    const heads = 'POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const end = await crowd(server.httpPort ?? 0, 600, `${heads}Content-Length: 100\r\n\r\n{`);
    expect((await ask(server, '/health/ready')).status).toBe(200);
    const { status } = await ask(server, '/api/login', { body: { password: 'secret' } });
    expect(status).toBe(200);
    await end();
  },
);

/** Sends wrong proofs from an address again and again. */
async function guess(
  server: Server,
  localAddress: string,
  on: () => boolean,
  refused: () => void,
): Promise<void> {
  while (on()) {
    const client = kept(WireClient.over(connect({ port: server.port, host: '127.0.0.1', localAddress })));
    await client.line().catch(() => undefined);
    client.send(`HELLO {"v":2,"pwdhash":"${'0'.repeat(64)}"}`);
    await client.line(60_000).catch(() => undefined);
    await client.destroy();
    refused();
  }
}

test.skipIf(process.platform !== 'linux')(
  'a right login gets in beside 200 addresses that send wrong proofs',
  patient,
  async () => {
    const server = await running({ password: 'right' });
    let [on, refused] = [true, 0];
    const guesses = Array.from({ length: 200 }, (_, host) =>
      guess(
        server,
        `127.0.1.${host + 1}`,
        () => on,
        () => (refused += 1),
      ),
    );
    await eventually(() => refused > 250, 50_000);
    for (let time = 0; time < 3; time++) expect((await login(server, 'right'))[0]).toBe('+OK');
    on = false;
    await Promise.all(guesses);
  },
);

/** How many connections of this port the kernel asks from time to time whether the peer is there. */
function watchedByKernel(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  return columns.filter(
    ([, from, , state, , timer]) => from?.endsWith(local) && state === '01' && timer?.startsWith('02'),
  ).length;
}

test.skipIf(process.platform !== 'linux')(
  'the system finds out when a peer has vanished, on both ports',
  async () => {
    const server = await running({ http: {} });
    await greeted(server);
    kept(WireClient.over(connect(server.httpPort ?? 0, '127.0.0.1')));
    await connected(server);
    await eventually(() => watchedByKernel(server.port) === 2 && watchedByKernel(server.httpPort ?? 0) === 1);
  },
);
