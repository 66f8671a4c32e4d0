/** Tests that a server cannot fill a client's memory, or block its calls, with one reply. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';
import { Connection } from './connection.ts';
import { resolveServers } from './url.ts';

const MEGABYTE = 1024 * 1024;
let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.stop();
});

test('a reply to INFO of more than 8 MiB rejects with PROTOCOL before all of it has arrived, and the next call has a new connection', async () => {
  const client = new Client({ url: server.url });
  server.script = (line) => (line === 'INFO' ? `$${10 * MEGABYTE}\r\n{` : '+OK\r\n');
  await expect(client.info()).rejects.toMatchObject({
    code: 'PROTOCOL',
    message: `a reply is longer than ${8 * MEGABYTE} bytes and has ${10 * MEGABYTE}`,
  });
  await client.push({ jobtype: 'Job', args: [] });
  expect(server.peers).toHaveLength(2);
  await client.close();
});

test('a reply without an end rejects once it has more than 8 MiB', async () => {
  const client = new Client({ url: server.url });
  server.script = () => `+${'x'.repeat(8 * MEGABYTE + 1)}`;
  await expect(client.info()).rejects.toMatchObject({
    code: 'PROTOCOL',
    message: `a reply is longer than ${8 * MEGABYTE} bytes`,
  });
  await client.close();
});

test.each(['FETCH default', 'FETCHB 10 default', 'JOBS {}'])(
  'the reply to %s may be as long as the jobs in it',
  async (line) => {
    const connection = new Connection({ addresses: resolveServers({ url: server.url }), timeout: 20_000 });
    const text = 'x'.repeat(10 * MEGABYTE);
    server.script = () => `$${text.length}\r\n${text}\r\n`;
    const reply = await connection.call(`${line}\r\n`);
    expect('text' in reply && reply.text === text).toBe(true);
    await connection.close();
  },
);

test('a reply that arrives byte by byte ends the connection after a minute', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const onDown = vi.fn();
  const connection = new Connection({
    addresses: resolveServers({ url: server.url }),
    onDown,
    timeout: 100_000,
  });
  const silent: Promise<string> = new Promise((resolve) => {
    server.script = () => {
      resolve('asked');
      return '$1000000\r\n';
    };
  });
  const call = connection.call('PUSH {}\r\n').catch((error: unknown) => error);
  expect(await silent).toBe('asked');
  while (onDown.mock.calls.length === 0) {
    server.peers[0]?.socket.write('x');
    vi.advanceTimersByTime(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(onDown).toHaveBeenCalledWith(
    expect.objectContaining({
      code: 'CLOSED',
      message: expect.stringMatching(/a reply grew by \d+ bytes in 60 s and has no end/),
    }),
  );
  expect(await call).toMatchObject({ code: 'CLOSED' });
  await connection.close();
});

test('the time between two replies does not count as the time of a reply', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const connection = new Connection({ addresses: resolveServers({ url: server.url }), timeout: 100_000 });
  server.script = () => '+O';
  for (let n = 0; n < 3; n++) {
    const heard = server.peers[0]?.lines.length ?? 0;
    const call = connection.call('PUSH {}\r\n');
    while ((server.peers[0]?.lines.length ?? 0) <= Math.max(heard, 1))
      await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    server.peers[0]?.socket.write('K\r\n');
    expect(await call).toEqual({ kind: 'simple', text: 'OK' });
    vi.advanceTimersByTime(120_000);
  }
  expect(server.peers).toHaveLength(1);
  await connection.close();
});
