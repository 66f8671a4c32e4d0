/**
 * Tests the spool: pushes made while the server cannot be reached arrive later, in order and
 * exactly once, wherever connections are cut and whenever the program is killed.
 */
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { mayMount, mounted } from '../../server/test/mounts.ts';
import { Client, type ClientOptions, Connection, commands, resolveServers } from '../src/index.ts';
import { AppChild, buildApp } from './app-child.ts';
import { BadNetwork } from './bad-network.ts';
import { FakeServer } from './fake-server.ts';

// In CI the test fails where it cannot mount, because a skipped test proves nothing.
const skipped = !mayMount && !process.env.CI;
if (skipped)
  console.warn('SKIPPED: a full disk needs root and a mount of its own: run as root on Linux to prove it');

const ends: (() => unknown)[] = [];
let app: Awaited<ReturnType<typeof buildApp>>;

beforeAll(async () => {
  app = await buildApp('spool-app');
}, 60_000);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

afterAll(() => app.remove());

async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'faktory-spool-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function serve(options: ServerOptions = {}): Promise<Server> {
  const server = createServer({ sync: 'off', ...options });
  await server.start();
  ends.push(() => server.stop());
  return server;
}

/**
 * A proxy to a server that cannot be reached until it has a target: no server listens at port 1.
 */
async function nowhere(): Promise<BadNetwork> {
  const network = await BadNetwork.start(1);
  ends.push(() => network.stop());
  return network;
}

function clientOf(
  url: string,
  file: string,
  options: Pick<ClientOptions, 'spool'> & { maxBytes?: number } = {},
) {
  const { maxBytes, spool = { file, maxBytes } } = options;
  const client = new Client({ url, timeout: 20_000, spool });
  ends.push(() => client.close());
  return client;
}

const job = (n: number, queue = 'default') => ({
  jid: `job-${String(n).padStart(6, '0')}`,
  jobtype: 'T',
  args: [n],
  queue,
});

/** Fetches all jobs of a queue. */
async function taken(port: number, queue = 'default'): Promise<string[]> {
  const consumer = new Connection({
    addresses: resolveServers({ url: `tcp://127.0.0.1:${port}` }),
    hello: { wid: 'taker-01' },
    extension: () => ({ v: 1 }),
  });
  const jids: string[] = [];
  for (;;) {
    const info = await commands.info(consumer);
    if (!info.faktory.queues[queue]) break;
    jids.push(...(await commands.fetchBulk(consumer, 1000, [queue])).map((fetched) => fetched.job.jid));
  }
  await consumer.close();
  return jids;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const jids = (count: number): string[] => numbers(count).map((n) => job(n).jid);

test('pushes while the server cannot be reached resolve, and arrive in order when it is back', async () => {
  const network = await nowhere();
  const file = path.join(await folder(), 'spool');
  const client = clientOf(network.url, file);
  for (const n of numbers(20)) expect(await client.push(job(n))).toBe(job(n).jid);
  await client.pushBulk([job(20), job(21), job(22)]);
  expect(client.spooled).toBe(23);
  const server = await serve();
  network.target = server.port;
  await client.drained();
  expect(client.spooled).toBe(0);
  expect(await taken(server.port)).toEqual(jids(23));
  expect((await stat(file)).size).toBeLessThan(200);
});

test('a program that ends leaves its pushes to the next one, and newer pushes go after them', async () => {
  const network = await nowhere();
  const file = path.join(await folder(), 'spool');
  const first = clientOf(network.url, file);
  await Promise.all(numbers(10).map((n) => first.push(job(n))));
  await first.close();
  await expect(first.push(job(99))).rejects.toMatchObject({ code: 'CLOSED' });
  const server = await serve();
  network.target = server.port;
  const second = clientOf(network.url, file);
  expect(second.spooled).toBe(10);
  await second.push(job(10));
  await second.drained();
  await second.push(job(11));
  expect(second.spooled).toBe(0);
  expect(await taken(server.port)).toEqual(jids(12));
});

test('with a server that can be reached pushes go directly to it, and its refusals reject', async () => {
  const server = await serve();
  const client = clientOf(`tcp://127.0.0.1:${server.port}`, path.join(await folder(), 'spool'));
  await expect(client.push({ ...job(1), jid: 'short' })).rejects.toMatchObject({ code: 'INVALID' });
  await client.push(job(1));
  expect(client.spooled).toBe(0);
});

test('a wrong password rejects and nothing is stored, because the server can be reached', async () => {
  const server = await serve({ password: 'right' });
  const file = path.join(await folder(), 'spool');
  const client = clientOf(`tcp://:wrong@127.0.0.1:${server.port}`, file);
  await expect(client.push(job(0))).rejects.toMatchObject({ code: 'AUTH' });
  await expect(client.push(job(0))).rejects.toMatchObject({ code: 'AUTH' });
  expect(client.spooled).toBe(0);
});

test('a full spool refuses pushes with LIMIT, and accepts them again when it has drained', async () => {
  const network = await nowhere();
  const client = clientOf(network.url, path.join(await folder(), 'spool'), { maxBytes: 400 });
  let kept = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      await client.push(job(kept));
      kept++;
    }
  };
  await expect(fill()).rejects.toMatchObject({
    code: 'LIMIT',
    message: expect.stringContaining('400 bytes'),
  });
  expect(kept).toBeGreaterThan(2);
  const server = await serve();
  network.target = server.port;
  await client.drained();
  await client.push(job(kept));
  expect(await taken(server.port)).toEqual(jids(kept + 1));
});

test('refused jobs are written beside the spool with their reason, or reported to the program', async () => {
  const network = await nowhere();
  const file = path.join(await folder(), 'spool');
  const client = clientOf(network.url, file);
  await client.push({ ...job(0), jid: 'short' });
  await client.pushBulk([job(1), { ...job(2), reserve_for: 1_000_000 }]);
  const server = await serve();
  network.target = server.port;
  await client.drained();
  const lines = (await readFile(`${file}.refused`, 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { code: 'INVALID', message: 'jobs must have a reasonable jid parameter', job: { jid: 'short' } },
    { code: 'INVALID', message: 'jobs cannot be reserved for more than one day', job: { jid: job(2).jid } },
  ]);
  expect(await taken(server.port)).toEqual([job(1).jid]);
  await client.close();

  const again = await nowhere();
  const told: unknown[] = [];
  const onRefused = (refused: unknown, error: unknown): void => void told.push([refused, error]);
  const telling = clientOf(again.url, `${file}-2`, { spool: { file: `${file}-2`, onRefused } });
  await telling.push({ ...job(3), jid: 'short' });
  again.target = server.port;
  await telling.drained();
  expect(told).toMatchObject([[{ jid: 'short', args: [3] }, { code: 'INVALID' }]]);
});

test('jobs for a full queue are retried, and other refused jobs are not', async () => {
  const network = await nowhere();
  const client = clientOf(network.url, path.join(await folder(), 'spool'));
  await client.pushBulk([job(0, 'narrow'), job(1, 'wide')]);
  await client.push(job(2, 'narrow'));
  await client.push(job(3, 'wide'));
  await client.pushBulk([job(4, 'other'), job(5, 'other'), job(6, 'other')]);
  const server = await serve({ maxQueueLength: 2 });
  const other = new Client({ url: `tcp://127.0.0.1:${server.port}` });
  await other.pushBulk([job(8, 'narrow'), job(9, 'narrow')]);
  await other.close();
  network.target = server.port;
  const queued = async () => (await server.info()).faktory.queues;
  // Three jobs do not fit a queue with space for two, so they are sent in smaller lines.
  await vi.waitFor(async () => expect(await queued()).toEqual({ narrow: 2, wide: 2, other: 2 }), {
    timeout: 10_000,
  });
  expect(await taken(server.port, 'narrow')).toEqual([job(8).jid, job(9).jid]);
  const others = await taken(server.port, 'other');
  await client.drained();
  expect((await taken(server.port, 'narrow')).sort()).toEqual([job(0).jid, job(2).jid]);
  expect(await taken(server.port, 'wide')).toEqual([job(1).jid, job(3).jid]);
  expect([...others, ...(await taken(server.port, 'other'))].sort()).toEqual(
    [4, 5, 6].map((n) => job(n).jid),
  );
}, 30_000);

test('a push that waits for a server which turns out to be unreachable is stored at once', async () => {
  const network = await nowhere();
  const file = path.join(await folder(), 'spool');
  const client = clientOf(network.url, file);
  const pushes = numbers(3).map((n) => client.push(job(n))); // called before the first dial has failed
  expect(await Promise.all(pushes)).toEqual(jids(3));
  expect(client.spooled).toBe(3);
});

test('a push that was sent when the server died is not stored but waits for its result, and is pushed once', async () => {
  const server = await serve();
  const network = await BadNetwork.start(server.port);
  ends.push(() => network.stop());
  const client = clientOf(network.url, path.join(await folder(), 'spool'));
  await client.push(job(0));
  const { port } = server;
  network.target = 1;
  network.hold();
  const doubtful = client.push(job(1));
  await vi.waitFor(() => expect(network.held).toBe(true));
  network.cut();
  await vi.waitFor(() => expect(network.connections).toBeGreaterThan(1)); // the client knows of the cut
  await client.push(job(2));
  expect(client.spooled).toBe(1);
  network.target = port;
  await client.drained();
  await doubtful;
  expect((await taken(port)).sort()).toEqual(jids(3));
});

test('a line that is longer than the server accepts is refused, and those around it are pushed once', async () => {
  const network = await nowhere();
  const file = path.join(await folder(), 'spool');
  const client = clientOf(network.url, file);
  await client.push(job(0));
  await client.push({ ...job(1), args: ['x'.repeat(3000)] });
  await client.push(job(2));
  const server = await serve({ maxLineBytes: 2048 });
  network.target = server.port;
  await client.drained();
  expect(await taken(server.port)).toEqual([job(0).jid, job(2).jid]);
  expect(JSON.parse(await readFile(`${file}.refused`, 'utf8'))).toMatchObject({
    code: 'LIMIT',
    job: { jid: job(1).jid },
  });
});

test('drained() can have a timeout and can be aborted', async () => {
  const network = await nowhere();
  const client = clientOf(network.url, path.join(await folder(), 'spool'));
  await client.drained(); // the spool is empty
  await client.push(job(0));
  await expect(client.drained({ timeout: 20 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: '1 jobs still wait in the spool after 20 ms',
  });
  await expect(client.drained({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  const control = new AbortController();
  const waits = client.drained({ signal: control.signal });
  control.abort();
  await expect(waits).rejects.toMatchObject({ code: 'ABORTED' });
  const closed = client.drained();
  await Promise.all([expect(closed).rejects.toMatchObject({ code: 'CLOSED' }), client.close()]);
});

test.skipIf(skipped)(
  'a full disk refuses pushes with a reason, keeps the stored ones, and accepts pushes again when it has space',
  async () => {
    const dir = mounted('size=256k');
    const network = await nowhere();
    const client = clientOf(network.url, path.join(dir, 'spool'));
    const args = ['x'.repeat(4000)];
    let kept = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await client.push({ ...job(kept), args });
        kept++;
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringContaining('no space left'),
    });
    expect(kept).toBeGreaterThan(40);
    expect(client.spooled).toBe(kept);
    const server = await serve();
    network.target = server.port;
    await client.drained();
    await client.push(job(kept));
    expect(await taken(server.port)).toEqual(jids(kept + 1));
  },
);

test('wherever connections are cut while it drains, each job is pushed once, in order', async () => {
  const server = await serve();
  const dir = await folder();
  const cuts = [
    ...numbers(420).map((bytes) => ({ up: bytes })),
    ...numbers(170).map((bytes) => ({ down: bytes })),
  ];
  const one = async (cut: { up?: number; down?: number }, n: number): Promise<void> => {
    const network = await nowhere();
    const client = clientOf(network.url, path.join(dir, `spool-${n}`));
    const queue = `queue-${n}`;
    await client.push(job(0, queue));
    await client.pushBulk([job(1, queue), job(2, queue)]);
    await client.push({ ...job(3, queue), jid: 'short' });
    await client.push(job(4, queue));
    network.fail(cut);
    network.target = server.port;
    await client.drained();
    expect(await taken(server.port, queue), JSON.stringify(cut)).toEqual([0, 1, 2, 4].map((k) => job(k).jid));
    await client.close();
    await network.stop();
    expect((await readFile(path.join(dir, `spool-${n}.refused`), 'utf8')).split('\n')).toHaveLength(2);
  };
  for (let from = 0; from < cuts.length; from += 40) {
    await Promise.all(cuts.slice(from, from + 40).map((cut, index) => one(cut, from + index)));
  }
}, 120_000);

test('a server without extensions gets every job at least once', async () => {
  const network = await nowhere();
  const client = clientOf(network.url, path.join(await folder(), 'spool'));
  for (const n of numbers(5)) await client.push(job(n));
  let cut = false;
  const classic = await FakeServer.start({
    script: (line) => {
      if (cut || !line.includes(job(2).jid)) return '+OK\r\n';
      cut = true;
      setImmediate(() => network.cut());
      return undefined;
    },
  });
  ends.push(() => classic.stop());
  network.target = classic.port;
  await client.drained();
  const told = classic.lines
    .filter((line) => line.startsWith('PUSH '))
    .map((line) => JSON.parse(line.slice(5)).jid);
  expect(new Set(told)).toEqual(new Set(jids(5)));
});

test('a spool has one client, and the lock of a dead process is taken over', async () => {
  const file = path.join(await folder(), 'spool');
  const url = 'tcp://127.0.0.1:1';
  const client = clientOf(url, file);
  expect(() => new Client({ url, spool: { file } })).toThrow(expect.objectContaining({ code: 'LOCKED' }));
  await client.close();
  await writeFile(`${file}.lock`, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  await clientOf(url, file).close();
  await writeFile(`${file}.lock`, JSON.stringify({ pid: process.pid, host: hostname() })); // an earlier pid 1, as in a container
  await clientOf(url, file).close();
  await writeFile(`${file}.lock`, JSON.stringify({ pid: 7, host: 'another' }));
  expect(() => new Client({ url, spool: { file } })).toThrow(expect.objectContaining({ code: 'LOCKED' }));
});

test('a torn end is cut off, and damage before it is reported', async () => {
  const file = path.join(await folder(), 'spool');
  const url = (await nowhere()).url;
  const first = clientOf(url, file);
  for (const n of numbers(3)) await first.push(job(n));
  await first.close();
  const whole = await readFile(file);
  await appendFile(file, whole.subarray(whole.length - 60, whole.length - 20));
  const second = clientOf(url, file);
  expect(second.spooled).toBe(3);
  await second.push(job(3));
  await second.close();
  const third = clientOf(url, file);
  expect(third.spooled).toBe(4);
  await third.close();
  const damaged = Buffer.from(await readFile(file));
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1;
  await writeFile(file, damaged);
  expect(() => new Client({ url, spool: { file } })).toThrow(
    expect.objectContaining({ code: 'STORAGE', message: expect.stringContaining('damaged') }),
  );
  await writeFile(file, 'something else\n');
  expect(() => new Client({ url, spool: { file } })).toThrow(expect.objectContaining({ code: 'STORAGE' }));
});

test('across kills of the program every job that was confirmed is pushed once, none twice', async () => {
  const file = path.join(await folder(), 'spool');
  const network = await nowhere();
  const server = await serve();
  const begun: string[] = [];
  const kept: string[] = [];
  for (const round of numbers(6)) {
    // In odd rounds the server can be reached, and the spool drains while the program is killed.
    network.target = round % 2 === 1 ? server.port : 1;
    const child = new AppChild(app.program, [network.url, file, String(round * 100_000)]);
    ends.push(() => child.kill());
    await child.lines('kept ', 40 + round * 60);
    await child.kill();
    network.cut();
    begun.push(...(await child.lines('begun ', 0)));
    kept.push(...(await child.lines('kept ', 0)));
  }
  network.target = server.port;
  const client = clientOf(network.url, file);
  await client.drained();
  const there = await taken(server.port);
  expect(new Set(there).size).toBe(there.length);
  expect(kept.filter((jid) => !there.includes(jid))).toEqual([]);
  expect(there.filter((jid) => !begun.includes(jid))).toEqual([]);
}, 120_000);
