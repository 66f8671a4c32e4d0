/**
 * Tests exactly-once pushes: wherever the connection is cut, and whenever the server is killed,
 * each push settles with its true result, and no job is lost or doubled.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildServer, Child, removeServer } from '../../server/test/crash-child.ts';
import { eventually } from '../../server/test/leaks.ts';
import { Client, Connection, commands, resolveServers } from '../src/index.ts';
import { BadNetwork } from './bad-network.ts';

let server: Server;
const proxies: BadNetwork[] = [];

beforeAll(async () => {
  await buildServer();
  server = createServer({ sync: 'off' });
  await server.start();
}, 60_000);

afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
});

afterAll(async () => {
  removeServer();
  await server.stop();
});

async function behind(target: number): Promise<BadNetwork> {
  const proxy = await BadNetwork.start(target);
  proxies.push(proxy);
  return proxy;
}

const good = (jid: string, queue: string) => ({ jid, jobtype: 'T', args: [jid], queue });

/** Good and bad pushes, alone and in bulk, over a connection that is cut once. */
async function exchange(proxy: BadNetwork, queue: string): Promise<void> {
  const client = new Client({ url: proxy.url, timeout: 20_000 });
  const single = client.push(good('single-01', queue));
  const bulk = client.pushBulk([good('bulk-0001', queue), good('bad', queue), good('bulk-0002', queue)]);
  const refused = client.push(good('short', queue));
  const last = client.push(good('last-0001', queue));
  await expect(refused, queue).rejects.toMatchObject({ code: 'INVALID' });
  expect(await single, queue).toBe('single-01');
  const refusedInBulk = (await bulk).filter(({ error }) => error !== undefined);
  expect(
    refusedInBulk.map(({ jid }) => jid),
    queue,
  ).toEqual(['bad']);
  expect(await last, queue).toBe('last-0001');
  await client.close();
}

/** Fetches all jobs of a queue. */
async function waiting(port: number, queue: string, count: number): Promise<string[]> {
  const url = `tcp://127.0.0.1:${port}`;
  const extension = () => ({ v: 1 });
  const consumer = new Connection({
    addresses: resolveServers({ url }),
    hello: { wid: 'taker-01' },
    extension,
  });
  await consumer.ready();
  const jobs = await commands.fetchBulk(consumer, 1000, [queue]);
  while (jobs.length < count) jobs.push(...(await commands.fetchBulk(consumer, 1000, [queue])));
  await consumer.close();
  return jobs.map(({ job }) => job.jid).sort();
}

const inQueue = ['bulk-0001', 'bulk-0002', 'last-0001', 'single-01'];

test.each(['up', 'down'] as const)(
  'a connection that is cut at any byte on its way %s loses and doubles no job',
  async (way) => {
    const probe = await behind(server.port);
    await exchange(probe, `whole-${way}`);
    const cuts = Array.from({ length: way === 'up' ? 900 : 420 }, (_, bytes) => bytes);
    // Many at a time, because each waits for the back-off of its client.
    for (let from = 0; from < cuts.length; from += 60) {
      await Promise.all(
        cuts.slice(from, from + 60).map(async (bytes) => {
          const proxy = await behind(server.port);
          proxy.fail({ [way]: bytes });
          const queue = `${way}-${bytes}`;
          await exchange(proxy, queue);
          expect(await waiting(server.port, queue, 4), queue).toEqual(inQueue);
        }),
      );
    }
  },
  60_000,
);

test('across kills of the server every push that resolved is stored once, and none twice', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'faktory-client-kill-'));
  const proxy = await behind(0);
  const client = new Client({ url: proxy.url, timeout: 30_000 });
  let pushed = 0;
  const total = 2000;
  const lane = async (): Promise<void> => {
    while (pushed < total) await client.push(good(`job-${String(pushed++).padStart(5, '0')}`, 'default'));
  };
  const lanes = Promise.all(Array.from({ length: 20 }, lane));
  let child = new Child(dir);
  for (const least of [300, 700, 1100, 1500]) {
    proxy.target = (await child.port()) ?? 0;
    await eventually(() => pushed >= least, 15_000);
    await child.kill();
    proxy.cut();
    child = new Child(dir);
  }
  const port = (await child.port()) ?? 0;
  proxy.target = port;
  await lanes;
  await client.close();
  const jids = [...(await waiting(port, 'default', 1)), ...(await waiting(port, 'default', 1))];
  expect(jids.length).toBe(pushed);
  expect(new Set(jids).size).toBe(pushed);
  await child.kill();
  await rm(dir, { recursive: true });
}, 60_000);

test('on a server that does not know the producer, the error of the push in doubt says that the result is unknown', async () => {
  const other = createServer({ sync: 'off' });
  await other.start();
  const proxy = await behind(server.port);
  const client = new Client({ url: proxy.url });
  await client.push(good('first-001', 'moved'));
  let asked = false; // the answer to EXT is the only bulk
  const swallowPush = (chunk: Buffer): Buffer => {
    asked ||= chunk.includes('$');
    if (!asked || !chunk.includes('+OK')) return chunk;
    proxy.target = other.port;
    setImmediate(() => proxy.cut());
    return Buffer.alloc(0);
  };
  proxy.fail({ answer: swallowPush });
  proxy.cut();
  await expect(client.push(good('second-01', 'moved'))).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('may or may not have job second-01'),
  });
  await client.push(good('third-001', 'moved'));
  await client.close();
  await other.stop();
});

test('an aborted call is not sent again', async () => {
  const proxy = await behind(server.port);
  const client = new Client({ url: proxy.url });
  const control = new AbortController();
  proxy.fail({ up: 150 }); // inside the client's first lines
  const aborted = expect(
    client.push(good('given-up1', 'aborted'), { signal: control.signal }),
  ).rejects.toMatchObject({ code: 'ABORTED' });
  control.abort();
  await aborted;
  await client.push(good('kept-0001', 'aborted'));
  expect(await waiting(server.port, 'aborted', 1)).toEqual(['kept-0001']);
  await client.close();
});

test('with exactlyOnce: false a push is never sent twice', async () => {
  const proxy = await behind(server.port);
  const client = new Client({ url: proxy.url, exactlyOnce: false });
  await client.info();
  proxy.cut();
  proxy.fail({ down: 20 });
  await expect(client.push(good('doubt-001', 'plain'))).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('may or may not have job doubt-001'),
  });
  await client.close();
});
