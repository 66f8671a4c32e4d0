import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { resolveServers } from './url.ts';

const open: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const offer = (pushed: number, more = ''): string =>
  bulk(`{"v":1,"max_fetch":1000,"max_settle":10000,"pushed":${pushed}${more}}`);

/** A server that sends these answers to EXT in turn, and nothing to other lines but `answers`. */
async function counting(exts: string[], answers: Record<string, string> = {}): Promise<FakeServer> {
  const server = await FakeServer.start({
    extensions: true,
    script: (line) => (line.startsWith('EXT ') ? (exts.shift() ?? offer(0)) : answers[line]),
  });
  open.push(server);
  return server;
}

function connect(servers: FakeServer[], options: Partial<ConnectionOptions> = {}): Connection {
  const addresses = resolveServers({ url: servers.map(({ url }) => url) });
  const connection = new Connection({ addresses, producer: { name: 'shop' }, timeout: 20_000, ...options });
  open.push({ stop: () => connection.abort(new FaktoryError('ABORTED', 'the test is over')) });
  return connection;
}

function push(connection: Connection, name: string, rules = {}) {
  const call = connection.call(`PUSH ${name}\r\n`, { counted: true, doubt: `${name} may be in`, ...rules });
  call.catch(() => undefined); // checked later, or not at all when its test has failed
  return call;
}

/** The pushes that arrived on each connection of the server. */
const heard = ({ peers }: FakeServer) =>
  peers.map(({ lines }) => lines.filter((line) => line.startsWith('PUSH ')).map((line) => line.slice(5)));

test('lines that the server did not count are sent again on the next connection, in order, before younger calls', async () => {
  const server = await counting([offer(7), offer(8)], { 'PUSH c': '+OK\r\n', 'PUSH d': '+OK\r\n' });
  const connection = connect([server]);
  const calls = ['a', 'b', 'c'].map((name) => push(connection, name));
  await server.line('PUSH c');
  server.script = (line) => (line.startsWith('EXT ') ? offer(8) : '+OK\r\n');
  server.cut();
  const younger = push(connection, 'd');
  await Promise.all([...calls, younger]);
  expect(heard(server)[1]).toEqual(['b', 'c', 'd']);
});

test('a line that a stopping server refused keeps its place before later lines', async () => {
  const server = await counting([offer(0), offer(1)]);
  const connection = connect([server]);
  const calls = ['a', 'b', 'c'].map((name) => push(connection, name));
  await server.line('PUSH c');
  server.script = (line) => (line.startsWith('EXT ') ? offer(1) : '+OK\r\n');
  server.say('+OK\r\n-ERR shutdown in progress\r\n');
  await Promise.all(calls);
  expect(heard(server)[1]).toEqual(['b', 'c']);
});

test('a line in doubt is not sent to another server of the list that does not know the producer', async () => {
  const [first, second] = [await counting([offer(0)]), await counting([offer(0)])];
  const connection = connect([first, second]);
  const call = push(connection, 'a');
  const refused = expect(call).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('a may be in'),
  });
  await first.line('PUSH a');
  await first.stop();
  await refused;
  expect(heard(second)).toEqual([[]]);
});

test('a line in doubt is sent to another address where the producer is known, because it is the same server', async () => {
  const [first, second] = [await counting([offer(3)]), await counting([offer(3)], { 'PUSH a': '+OK\r\n' })];
  const connection = connect([first, second]);
  const call = push(connection, 'a');
  await first.line('PUSH a');
  await first.stop();
  await expect(call).resolves.toMatchObject({ text: 'OK' });
});

test('a line that was not stored rejects', async () => {
  const server = await counting([offer(0)]);
  const connection = connect([server]);
  const refused = expect(push(connection, 'a')).rejects.toMatchObject({ code: 'STORAGE' });
  await server.line('PUSH a');
  server.say('-ERR storage failed: disk full\r\n');
  await refused;
});

test('an aborted call in doubt does not block close(), even if no server comes back', async () => {
  const server = await counting([offer(0)]);
  const control = new AbortController();
  let tell = (_error: FaktoryError): void => {};
  const broken = new Promise((resolve) => {
    tell = resolve;
  });
  const connection = connect([server], { onDown: (error) => tell(error) });
  const call = push(connection, 'a', { signal: control.signal });
  await server.line('PUSH a');
  await server.stop();
  await broken;
  control.abort();
  await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
  await connection.close();
});

test('at most 1,000 counted lines are unanswered at a time', async () => {
  const server = await counting([offer(0)]);
  const connection = connect([server]);
  const calls = Array.from({ length: 1500 }, (_, n) => push(connection, String(n)));
  await server.line('PUSH 999');
  const info = connection.call('INFO\r\n');
  expect(heard(server)[0]).toHaveLength(1000);
  server.script = () => '+OK\r\n';
  server.say('+OK\r\n'.repeat(1000));
  await Promise.all([...calls, info]);
  expect(server.lines.at(-1)).toBe('INFO');
});
