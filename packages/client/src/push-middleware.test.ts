import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BadNetwork } from '../test/bad-network.ts';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';
import type { Pushing, PushMiddleware } from './push-middleware.ts';

let server: FakeServer;
const clients: Client[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.stop();
});

function clientWith(middleware: readonly unknown[], url: string | string[] = server.url): Client {
  const client = new Client({ url, middleware: middleware as PushMiddleware[] });
  clients.push(client);
  return client;
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const job = { jobtype: 'T', args: [] };

test('the first middleware is outermost, and its changes of the job are sent', async () => {
  const order: string[] = [];
  const named =
    (name: string): PushMiddleware =>
    async ({ jobs }, next) => {
      order.push(name);
      for (const one of jobs) one.custom = { ...one.custom, [name]: 1 };
      const refusals = await next();
      order.push(`${name} ends`);
      return refusals;
    };
  await clientWith([named('a'), named('b')]).push({ ...job, jid: 'aaaaaaaa', custom: { mine: 1 } });
  expect(order).toEqual(['a', 'b', 'b ends', 'a ends']);
  expect(server.lines).toEqual([
    'PUSH {"jid":"aaaaaaaa","jobtype":"T","args":[],"custom":{"mine":1,"a":1,"b":1}}',
  ]);
});

test('a middleware runs once for each line of a bulk, with its jobs and its refusals', async () => {
  server.script = () => bulk('{"aaaaaaaa":"NOTUNIQUE Job not unique"}');
  const seen: { count: number; bulk: boolean; refused: [string, string][] }[] = [];
  const watching: PushMiddleware = async (pushing, next) => {
    const refusals = await next();
    const refused = [...refusals].map(([jid, { code }]): [string, string] => [jid, code]);
    seen.push({ count: pushing.jobs.length, bulk: pushing.bulk, refused });
    return refusals;
  };
  const jobs = Array.from({ length: 1001 }, () => job);
  const results = await clientWith([watching]).pushBulk([{ ...job, jid: 'aaaaaaaa' }, ...jobs]);
  const refused: [string, string][] = [['aaaaaaaa', 'NOTUNIQUE']];
  expect(seen).toEqual([
    { count: 1000, bulk: true, refused },
    { count: 2, bulk: true, refused },
  ]);
  expect(results[0]?.error).toMatchObject({ code: 'NOTUNIQUE' });
});

test('a job that its own definition refuses does not reach the middleware', async () => {
  let calls = 0;
  const counting: PushMiddleware = (_pushing, next) => {
    calls++;
    return next();
  };
  const client = clientWith([counting]);
  await expect(client.push({ ...job, at: new Date(0), in: 1 })).rejects.toMatchObject({ code: 'INVALID' });
  expect(calls).toBe(0);
});

test('the error of a push passes through the middleware, and an error of a middleware rejects the push', async () => {
  server.script = () => '-NOTUNIQUE Job not unique\r\n';
  const seen: unknown[] = [];
  const watching: PushMiddleware = async (_pushing, next) => {
    try {
      return await next();
    } catch (error) {
      seen.push((error as FaktoryError).code);
      throw error;
    }
  };
  await expect(clientWith([watching]).push(job)).rejects.toMatchObject({ code: 'NOTUNIQUE' });
  expect(seen).toEqual(['NOTUNIQUE']);
  const refusing = (): never => {
    throw new FaktoryError('LIMIT', 'enough');
  };
  await expect(clientWith([watching, refusing]).push(job)).rejects.toMatchObject({ message: 'enough' });
  await expect(clientWith([refusing]).pushBulk([job])).rejects.toMatchObject({ message: 'enough' });
  expect(server.lines).toHaveLength(1);
});

test('a middleware that does not return the result of next() gets an error that says so', async () => {
  const forgetful = async (_pushing: Pushing, next: () => Promise<unknown>): Promise<void> => {
    await next();
  };
  await expect(clientWith([forgetful]).push(job)).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('return the result of next()'),
  });
});

test('a middleware gets the address of the server, unless there are several', async () => {
  const seen: Pushing['server'][] = [];
  const watching: PushMiddleware = ({ server: to }, next) => {
    seen.push(to);
    return next();
  };
  await clientWith([watching], `tcp://:secret@127.0.0.1:${server.port}`).push(job);
  await clientWith([watching], [server.url, server.url]).push(job);
  expect(seen).toEqual([{ host: '127.0.0.1', port: server.port }, undefined]);
});

test('a spooled push passes the middleware once, and waits as the middleware left it', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'faktory-client-'));
  const network = await BadNetwork.start(1); // no server listens there
  let calls = 0;
  const counting: PushMiddleware = ({ jobs }, next) => {
    calls++;
    for (const one of jobs) one.custom = { call: calls };
    return next();
  };
  const client = new Client({
    url: network.url,
    middleware: [counting],
    spool: { file: path.join(dir, 'jobs') },
  });
  clients.push(client);
  await client.push(job);
  expect(client.spooled).toBe(1);
  network.target = server.port;
  await client.drained();
  expect(calls).toBe(1);
  expect(server.lines.filter((line) => line.startsWith('PUSH'))).toEqual([
    expect.stringContaining('"custom":{"call":1}'),
  ]);
  await client.close();
  await network.stop();
  await rm(dir, { recursive: true });
});

test('a row of an outbox is as the middleware left it, and nothing is sent', async () => {
  const stamping: PushMiddleware = ({ jobs }, next) => {
    for (const one of jobs) one.custom = { ...one.custom, stamp: 1 };
    return next();
  };
  const row = await clientWith([stamping]).outboxRow(job);
  expect(JSON.parse(row)).toMatchObject({ ...job, custom: { stamp: 1 } });
  expect(server.lines).toEqual([]);
});

test('pushes leave in the order of their calls with a middleware, too', async () => {
  const client = clientWith([(_pushing: Pushing, next: () => unknown) => next()]);
  const jids = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
  await Promise.all(jids.map((jid) => client.push({ ...job, jid })));
  expect(server.lines.map((line) => /"jid":"(\w+)"/.exec(line)?.[1])).toEqual(jids);
});

test.each([
  ['custom', { total: Number.NaN }, 'T: custom.total is NaN'],
  ['args', [new Map()], 'T: args[0] is a Map'],
])(
  'a value that a middleware puts into %s and that JSON would change is refused for a push, a bulk and a row',
  async (key, value, message) => {
    const seen: unknown[] = [];
    const watching: PushMiddleware = async (_pushing, next) => {
      try {
        return await next();
      } catch (error) {
        seen.push((error as FaktoryError).code);
        throw error;
      }
    };
    const spoiling: PushMiddleware = ({ jobs }, next) => {
      for (const one of jobs) Object.assign(one, { [key]: value });
      return next();
    };
    const client = clientWith([watching, spoiling]);
    const refused = { code: 'INVALID', message: expect.stringContaining(message) };
    await expect(client.push(job)).rejects.toMatchObject(refused);
    await expect(client.outboxRow(job)).rejects.toMatchObject(refused);
    expect(seen).toEqual(['INVALID', 'INVALID']);
    expect(await client.pushBulk([job])).toMatchObject([{ error: refused }]);
    expect(server.lines).toEqual([]);
  },
);

test('a row has what the middleware wrote before next(), and is made even when no middleware calls it', async () => {
  const late: PushMiddleware = async ({ jobs: [one] }, next) => {
    Object.assign(one as object, { custom: { when: 'before' } });
    const refusals = await next();
    Object.assign(one as object, { custom: { when: 'after' } });
    return refusals;
  };
  const row = await clientWith([late]).outboxRow(job);
  expect(JSON.parse(row)).toMatchObject({ custom: { when: 'before' } });
  const silent: PushMiddleware = async () => new Map();
  expect(JSON.parse(await clientWith([silent]).outboxRow({ ...job, jid: 'aaaaaaaa' }))).toMatchObject({
    jid: 'aaaaaaaa',
  });
});
