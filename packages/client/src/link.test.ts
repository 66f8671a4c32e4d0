import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { greetingLine, parseHello } from '@faktory-ts/protocol';
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

test('a wrong password is AUTH, in the words of the server, and no password is sent to a server that asks for none', async () => {
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

test('TLS options that cannot be used are a CONFIG error of the call', async () => {
  const addresses = resolveServers({ url: 'tcp+tls://127.0.0.1:1' });
  const connection = new Connection({ addresses, tls: { minVersion: 'nonsense' as 'TLSv1.2' } });
  await expect(connection.call('INFO\r\n')).rejects.toMatchObject({ code: 'CONFIG' });
});
