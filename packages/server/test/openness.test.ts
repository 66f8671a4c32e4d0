/**
 * Who reaches a server that asks for nothing: no other machine unless that is allowed, and no page of another site under a name of its own.
 */
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { type ServerOptions, TokenFile } from '../src/index.ts';
import { isLoopback } from '../src/openness.ts';
import { connected, eventually, folder, greeted, pem, prepared, running } from './running.ts';
import { ask, LivePage } from './web.ts';

const refused = {
  code: 'CONFIG',
  message: expect.stringMatching(/^a password is required: other machines reach/),
};

test.each<[string, ServerOptions]>([
  ['commands on all interfaces', { host: '' }],
  ['commands on 0.0.0.0', { host: '0.0.0.0' }],
  ['commands on ::', { host: '::' }],
  ['HTTP on all interfaces', { http: { host: '0.0.0.0' } }],
  ['commands, where only the web has a password', { host: '0.0.0.0', webPassword: 'x' }],
  [
    'a certificate that clients need not have',
    { host: '', tls: { key: pem('server.key'), cert: pem('server.cert') } },
  ],
])('a start is refused where other machines would be let in unasked: %s', async (_, options) => {
  await expect(prepared(options).start()).rejects.toMatchObject(refused);
});

test.each<[string, ServerOptions]>([
  ['localhost', { host: 'localhost', http: { host: '127.0.0.1' } }],
  ['a password', { host: '', http: { host: '' }, password: 'x' }],
  ['a web password where only HTTP is reached', { http: { host: '' }, webPassword: 'x' }],
  ['the operator’s word', { host: '', http: { host: '' }, openToNetwork: true }],
  [
    'certificates of clients',
    { host: '', tls: { key: pem('server.key'), cert: pem('server.cert'), clientCa: pem('ca.cert') } },
  ],
])('a start is allowed by %s', async (_, options) => {
  await running(options);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['', false],
  ['::', false],
  ['10.0.0.1', false],
  ['fe80::1', false],
])('only this machine reaches %j: %s', (address, only) => {
  expect(isLoopback(address)).toBe(only);
});

test('a server on the network is not opened by a reload, nor by the last token that is revoked', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  tokens.add('shop', 'push');
  const server = await running({ dir, host: '0.0.0.0', http: { host: '0.0.0.0' }, password: 'x' });
  await server.reload({ password: undefined });
  tokens.revoke('shop');
  await expect(server.reload({ password: undefined })).rejects.toMatchObject(refused);
  await eventually(async () => (await (await connected(server)).line()).includes('"s"'));
  expect((await ask(server, '/stats')).status).toBe(401);
  await server.reload({ http: { host: '127.0.0.1' }, password: 'y' });
  await expect(server.reload({ http: { host: '0.0.0.0' }, password: '' })).rejects.toMatchObject(refused);
});

const asHost = (host: string) => ({ headers: { host } });

test('without a password a page under another name gets nothing: what it is bound to, addresses and listed names may come', async () => {
  const server = await running({ http: { host: 'localhost', hosts: ['Jobs.example.com'] } });
  await greeted(server);
  const status = async (host: string, path = '/api/queues') => (await ask(server, path, asHost(host))).status;
  for (const host of [
    'localhost',
    'LOCALHOST:7420',
    'app.localhost:1',
    '127.0.0.1:7420',
    '[::1]:7420',
    '10.0.0.7',
  ])
    expect([host, await status(host)]).toEqual([host, 200]);
  for (const host of ['jobs.example.com', 'jobs.example.com.:80', hostname()])
    expect([host, await status(host)]).toEqual([host, 200]);
  for (const host of [
    'evil.example',
    'evil.example:7420',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ])
    expect([host, await status(host)]).toEqual([host, 403]);
  for (const path of ['/stats', '/metrics', '/history', '/api/session', '/api/openapi.json'])
    expect([path, await status('evil.example', path)]).toEqual([path, 403]);
  const { json } = await ask(server, '/api/queues', asHost('evil.example'));
  expect(json()).toMatchObject({ code: 'FORBIDDEN', error: expect.stringContaining('[web] hosts') });
  expect(await new LivePage(server, { host: 'evil.example' }).refused()).toBe(403);
  expect(await status('evil.example', '/health/ready')).toBe(200); // probes come by any name, and it tells nothing
});

test('with a password any name may come, and without one a host that cannot be is refused', async () => {
  const server = await running({ http: {}, password: 'x' });
  const authorization = `Basic ${btoa(':x')}`;
  const headers = { host: 'jobs.example.com', authorization };
  expect((await ask(server, '/api/queues', { headers })).status).toBe(200);
  for (const host of ['https://a.example', 'a.example:80', 'a/b', ''])
    expect(() => prepared({ http: { hosts: [host] } })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
});
