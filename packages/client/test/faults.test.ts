/**
 * Tests faults of network and server: a break at any byte, silence, half-open connections, garbage,
 * too much data, a step of the clock. Every promise settles, no pushed job is lost, and the same
 * client continues afterwards.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import tls from 'node:tls';
import { greetingLine } from '@faktory-ts/protocol';
import { createServer, type Server } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Client, type ClientOptions } from '../src/index.ts';
import { BadNetwork, type Fault } from './bad-network.ts';
import { FakeServer } from './fake-server.ts';

let server: Server;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = createServer({ sync: 'off' });
  await server.start();
});

afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0).reverse()) await end();
});

afterAll(() => server.stop());

async function behind(fault?: Fault): Promise<BadNetwork> {
  const network = await BadNetwork.start(server.port);
  ends.push(() => network.stop());
  if (fault) network.fail(fault);
  return network;
}

function clientOf(url: string, timeout = 20_000): Client {
  const client = new Client({ url, timeout });
  ends.push(() => client.close());
  return client;
}

const job = (jid: string, queue: string) => ({ jid, jobtype: 'T', args: [], queue });

/** Each call of a client that the server carries out or may lose. */
const calls: Record<string, (client: Client, queue: string) => Promise<unknown>> = {
  push: (client, queue) => client.push(job('job-00001', queue)),
  pushBulk: (client, queue) => client.pushBulk([job('job-00002', queue), job('job-00003', queue)]),
  info: (client) => client.info(),
  latency: (client, queue) => client.latency(queue),
  pauseQueue: (client, queue) => client.pauseQueue(`${queue}-x`),
  mutate: (client) => client.mutate({ cmd: 'discard', target: 'dead', filter: { jids: ['none'] } }),
};
const surviving = new Set(['push', 'pushBulk', 'info', 'latency']);

test.each(Object.keys(calls))(
  '%s settles wherever the server is cut off, and the client continues',
  async (name) => {
    const call = calls[name] as (typeof calls)[string];
    // exactly-once.test.ts cuts pushes at every byte; here each call is cut at many. Nothing is cut
    // after its last byte.
    const cuts: Fault[] = [];
    for (let bytes = 0; bytes < 340; bytes += 9) cuts.push({ up: bytes });
    for (let bytes = 0; bytes < 400; bytes += 9) cuts.push({ down: bytes });
    for (let from = 0; from < cuts.length; from += 40) {
      await Promise.all(
        cuts.slice(from, from + 40).map(async (cut, index) => {
          const client = clientOf((await behind(cut)).url);
          const settled = await call(client, `${name}-${from + index}`).then(
            () => 'well',
            ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
          );
          const where = JSON.stringify(cut);
          if (surviving.has(name)) expect(settled, where).toBe('well');
          else
            expect(settled, where).toMatch(/^well|^CLOSED .*the server may or may not have carried it out/);
          expect(await client.queues(), where).toBeTypeOf('object');
        }),
      );
    }
  },
  60_000,
);

test('a wrong password rejects at once, and the client can still use a server that starts later', async () => {
  const locked = createServer({ sync: 'off', password: 'secret' });
  await locked.start();
  ends.push(() => locked.stop());
  const network = await behind();
  network.target = locked.port;
  const client = new Client({ url: network.url, password: 'wrong' });
  ends.push(() => client.close());
  await expect(client.info()).rejects.toMatchObject({ code: 'AUTH' });
  await expect(client.push(job('job-00001', 'locked'))).rejects.toMatchObject({ code: 'AUTH' });
  network.target = server.port;
  await expect(client.info()).resolves.toBeTypeOf('object');
});

// In the greeting, in the answers to HELLO and EXT, and in that to PUSH.
test.each([0, 5, 15, 40, 80])(
  'the connection to a server that is silent from byte %i on is closed',
  async (stallAt) => {
    const network = await behind({ stallAt });
    const client = clientOf(network.url, 200);
    await expect(client.push(job('job-00001', `stall-${stallAt}`), { timeout: 20_000 })).resolves.toBe(
      'job-00001',
    );
    expect(network.connections).toBeGreaterThan(1);
    expect((await client.queues())[`stall-${stallAt}`]).toBe(1);
  },
);

test('a half-open connection is noticed by the first call on it, and a push on it is carried out once', async () => {
  const heard: Buffer[] = [];
  let deaf = false;
  // Both ends stay open and nothing passes: as when a firewall has dropped the connection.
  const firewall = net.createServer((socket) => {
    const [forget, to] = [deaf, net.connect(server.port, '127.0.0.1')];
    deaf = false;
    let passing = true;
    socket.on('data', (chunk) => (passing ? to.write(chunk) : heard.push(chunk)));
    to.on('data', (chunk) => passing && socket.write(chunk));
    socket.on('close', () => to.destroy()).on('error', () => to.destroy());
    to.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (forget && chunk.includes('INFO')) passing = false;
    });
  });
  await once(firewall.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => firewall.close());
  deaf = true;
  const client = clientOf(`tcp://127.0.0.1:${(firewall.address() as AddressInfo).port}`, 200);
  await client.push(job('job-00001', 'half'));
  await client.info({ timeout: 20_000 }); // from here on the first connection is half-open; INFO is sent again on the next
  await client.push(job('job-00002', 'half'), { timeout: 20_000 });
  expect((await client.queues()).half).toBe(2);
});

test('garbage instead of a greeting is PROTOCOL or silence, never a reply, and a later call succeeds', async () => {
  for (const garbage of [
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '\0\xff\xfe',
    '$x\r\n',
    '$-7\r\n',
    ':\r\n*3\r\n',
  ]) {
    const client = clientOf((await behind({ answer: () => Buffer.from(garbage, 'latin1') })).url, 300);
    const first = await client.info().then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );
    expect(['PROTOCOL', 'TIMEOUT']).toContain(first);
    await vi.waitFor(() => client.info(), { timeout: 10_000 });
  }
});

test('garbage instead of a reply rejects its call, and the result of a push is learnt on the next connection', async () => {
  const spoiled = async (): Promise<BadNetwork> => {
    let said = '';
    const answer = (chunk: Buffer): Buffer => {
      said += chunk;
      // Greeting, HELLO and EXT are valid: they end with EXT's offer.
      return /"pushed":0\}\r\n./s.test(said) ? Buffer.from('?\r\n') : chunk;
    };
    return behind({ answer });
  };
  const network = await spoiled();
  const client = clientOf(network.url);
  await expect(client.push(job('job-00001', 'garbage'))).resolves.toBe('job-00001');
  expect((await client.queues()).garbage).toBe(1);
  expect(network.connections).toBe(2);
  await expect(clientOf((await spoiled()).url).info()).rejects.toMatchObject({ code: 'PROTOCOL' });
});

test.each([
  ['a reply of 100 MB', `$${100 * 1024 * 1024}\r\n`],
  ['a line of 100 MB', '+'],
])(
  '%s is PROTOCOL, and is not buffered',
  async (_, start) => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const fake = await FakeServer.start({
      script: (line, { socket }) => {
        if (line !== 'INFO') return '+OK\r\n';
        const pour = (): void => {
          while (!socket.destroyed && socket.write(piece));
          if (!socket.destroyed) socket.once('drain', pour);
        };
        setImmediate(pour);
        return start;
      },
    });
    ends.push(() => fake.stop());
    const client = clientOf(fake.url);
    await expect(client.info()).rejects.toMatchObject({
      code: 'PROTOCOL',
    });
  },
  30_000,
);

test('a step of the wall clock neither ends a call nor delays its timeout', async () => {
  const fake = await FakeServer.start({ script: () => undefined });
  ends.push(() => fake.stop());
  vi.useFakeTimers({ toFake: ['Date'] });
  const client = clientOf(fake.url);
  for (const step of [86_400_000, -2 * 86_400_000, 0]) {
    vi.setSystemTime(Date.now() + step);
    const sent = fake.lines.length;
    const call = client.mutate({ cmd: 'clear', target: 'dead' });
    await fake.until(() => fake.lines.length > sent);
    vi.setSystemTime(Date.now() + step);
    fake.say('+OK\r\n');
    await expect(call).resolves.toBeUndefined();
  }
  await expect(client.flush({ timeout: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
  fake.say('+OK\r\n');
});

const pem = (name: string): Buffer => readFileSync(new URL(`./tls/${name}`, import.meta.url));

test('tcp+tls checks the server by the given authority and name, and shows its own certificate', async () => {
  const secure = tls.createServer(
    { key: pem('server.key'), cert: pem('server.pem'), ca: pem('ca.pem'), requestCert: true },
    (socket) => {
      socket.on('error', () => socket.destroy());
      socket.write(greetingLine());
      socket.on('data', () => socket.write('+OK\r\n'));
    },
  );
  secure.on('tlsClientError', () => undefined);
  await once(secure.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => secure.close());
  const url = `tcp+tls://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const flush = async (options: ClientOptions['tls']): Promise<unknown> => {
    const client = new Client({ url, tls: options, timeout: 2000 });
    try {
      return await client.flush();
    } finally {
      await client.close();
    }
  };
  const own = { cert: pem('client.pem'), key: pem('client.key') };
  const right = { ca: pem('ca.pem'), servername: 'jobs.example', ...own };
  await expect(flush(right)).resolves.toBeUndefined();
  await expect(flush({ ...right, servername: 'other.example' })).rejects.toMatchObject({ code: 'TLS' });
  await expect(flush({ servername: 'jobs.example', ...own })).rejects.toMatchObject({ code: 'TLS' });
  await expect(flush({ ca: pem('ca.pem'), servername: 'jobs.example' })).rejects.toMatchObject({
    code: 'TLS',
    message: expect.stringMatching(
      /asks for a client certificate, and this client presented none \(tlsv13 alert .*\): name a pair .* or give tls: \{ cert, key \}/,
    ),
  });
});
