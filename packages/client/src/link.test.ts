import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { FaktoryError, greetingLine, parseHello } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Connection } from './connection.ts';
import { resolveServers } from './url.ts';

test('the HELLO introduces the connection and proves the password', async () => {
  const server = await FakeServer.start({ password: 'pässword' });
  const addresses = resolveServers({ url: server.url, password: 'pässword' });
  const hello = { hostname: 'here', wid: 'w1', pid: 7, labels: ['a'] };
  const connection = new Connection({ addresses, hello });
  await connection.call('INFO\r\n');
  const said = parseHello(server.peers[0]?.lines[0] ?? '');
  expect(said).toEqual({ v: 2, ...hello, pwdhash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  await connection.close();
  await server.stop();
});

test('a wrong password is AUTH, in the words of the server, and no password is sent to a server that does not ask for one', async () => {
  const server = await FakeServer.start({ password: 'right' });
  const wrong = new Connection({ addresses: resolveServers({ url: server.url, password: 'wrong' }) });
  await expect(wrong.call('INFO\r\n')).rejects.toMatchObject({ code: 'AUTH', message: 'Invalid password' });
  await server.stop();
  const open = await FakeServer.start();
  const connection = new Connection({ addresses: resolveServers({ url: open.url, password: 'secret' }) });
  await connection.call('INFO\r\n');
  expect(open.peers[0]?.lines[0]).toBe('HELLO {"v":2}');
  await connection.close();
  await open.stop();
});

test('tcp+tls speaks TLS with the options given', async () => {
  const key = Buffer.from('0123456789abcdef');
  const psk = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const server = tls.createServer({ ...psk, pskCallback: () => key }, (socket) => {
    socket.write(greetingLine());
    socket.on('data', () => socket.write('+OK\r\n'));
    socket.on('error', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `tcp+tls://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secure = {
    ...psk,
    pskCallback: () => ({ psk: key, identity: 'test' }),
    checkServerIdentity: () => undefined,
  };
  const connection = new Connection({ addresses: resolveServers({ url }), tls: secure });
  await expect(connection.call('INFO\r\n')).resolves.toMatchObject({ text: 'OK' });
  await connection.close();
  server.close();
  await once(server, 'close');
});

test('invalid TLS options are a CONFIG error of the call', async () => {
  const addresses = resolveServers({ url: 'tcp+tls://127.0.0.1:1' });
  const connection = new Connection({ addresses, tls: { minVersion: 'nonsense' as 'TLSv1.2' } });
  await expect(connection.call('INFO\r\n')).rejects.toMatchObject({ code: 'CONFIG' });
});

const offer = '{"v":1,"max_fetch":1000,"max_settle":10000}';

test('EXT is sent on each new link, and ready() returns the offer', async () => {
  const server = await FakeServer.start({
    extensions: true,
    script: (line) => (line.startsWith('EXT ') ? `$${offer.length}\r\n${offer}\r\n` : '+OK\r\n'),
  });
  const addresses = resolveServers({ url: server.url });
  const connection = new Connection({ addresses, extension: () => ({ v: 1, lease: true }) });
  expect(await connection.ready()).toEqual(JSON.parse(offer));
  expect(server.lines).toEqual(['EXT {"v":1,"lease":true}']);
  server.cut();
  await server.until(() => server.peers[0]?.socket.closed === true);
  await connection.call('INFO\r\n', { again: true });
  expect(server.peers[1]?.lines.slice(1)).toEqual(['EXT {"v":1,"lease":true}', 'INFO']);
  await connection.close();
  await server.stop();
});

test.each(['-ERR unknown command EXT\r\n', '-ERR EXT knows version 2, not 1\r\n'])(
  'a server that answers EXT with %j has no extensions',
  async (answer) => {
    const server = await FakeServer.start({
      extensions: true,
      script: (line) => (line.startsWith('EXT ') ? answer : '+OK\r\n'),
    });
    const addresses = resolveServers({ url: server.url });
    const connection = new Connection({ addresses, extension: () => ({ v: 1 }) });
    expect(await connection.ready()).toBeUndefined();
    expect(await connection.call('FLUSH\r\n')).toEqual({ kind: 'simple', text: 'OK' });
    await connection.close();
    await server.stop();
  },
);

test('an answer to EXT that is neither an offer nor an error is PROTOCOL', async () => {
  const server = await FakeServer.start({ extensions: true, script: () => '$2\r\n{}\r\n' });
  const addresses = resolveServers({ url: server.url });
  const connection = new Connection({ addresses, extension: () => ({ v: 1 }) });
  await expect(connection.ready()).rejects.toMatchObject({ code: 'PROTOCOL' });
  await connection.close();
  await server.stop();
});

test('ready() waits for a connection no longer than its timeout', async () => {
  const server = await FakeServer.start({ greeting: '' });
  const connection = new Connection({ addresses: resolveServers({ url: server.url }) });
  await expect(connection.ready({ timeout: 20 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('there was no connection in 20 ms'),
  });
  connection.abort(new FaktoryError('ABORTED', 'enough'));
  await expect(connection.ready()).rejects.toMatchObject({ code: 'ABORTED' });
  await server.stop();
});

test('a call made just when the timer for silence ends does not count as unanswered', async () => {
  const server = await FakeServer.start();
  const downs: string[] = [];
  const connection = new Connection({
    addresses: resolveServers({ url: server.url }),
    timeout: 30,
    onDown: (error) => downs.push(error.message),
  });
  // Timers of one length end together.
  await new Promise<void>((resolve) => {
    let rounds = 0;
    const beats = setInterval(() => {
      void connection.call('INFO\r\n', { timeout: 5000, again: true });
      if (++rounds < 40) return;
      clearInterval(beats);
      resolve();
    }, 30);
  });
  await connection.close();
  expect(downs).toEqual([]);
  await server.stop();
});

test('a server that sends more than 16 kB before the login is done is not a Faktory server', async () => {
  const server = await FakeServer.start({ greeting: `+HI {"v":2,"i":5000,"s":"${'a'.repeat(20_000)}"}\r\n` });
  const addresses = resolveServers({ url: server.url, password: 'secret' });
  const connection = new Connection({ addresses });
  await expect(connection.call('INFO\r\n')).rejects.toMatchObject({
    code: 'PROTOCOL',
    message: expect.stringMatching(/more than 16384 bytes before the login/),
  });
  await server.stop();
});
