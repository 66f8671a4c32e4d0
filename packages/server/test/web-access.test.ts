/**
 * Who is let into the web UI's API, as whom, and from which pages.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Server, ServerOptions } from '../src/index.ts';
import { eventually, folder, greeted, running } from './running.ts';
import { ask, LivePage, logIn } from './web.ts';

const guarded = (options: ServerOptions = {}): Promise<Server> =>
  running({ http: {}, password: 'secret', ...options });

test('without a password everybody may do everything, and there is nothing to log in to', async () => {
  const server = await running({ http: {} });
  const session = (await ask(server, '/api/session')).json();
  expect(session).toMatchObject({ who: 'anybody', login: false, redacted: false });
  expect(session.rights).toContain('admin');
  expect((await ask(server, '/api/login', { body: { password: 'x' } })).status).toBe(400);
});

test('a session says where clients connect, and which ports need a password', async () => {
  const open = await running({ http: {} });
  expect((await ask(open, '/api/session')).json()).toMatchObject({
    password: false,
    wire: { host: expect.any(String), port: open.port, tls: false, password: false },
  });
  const closed = await guarded();
  expect(
    (await ask(closed, '/api/session', { headers: await logIn(closed, 'secret') })).json(),
  ).toMatchObject({
    password: true,
    wire: { port: closed.port, password: true },
  });
  const everywhere = await guarded({ host: '0.0.0.0' });
  const { wire } = (
    await ask(everywhere, '/api/session', { headers: await logIn(everywhere, 'secret') })
  ).json<{ wire: object }>();
  expect(wire).toEqual({ port: everywhere.port, tls: false, password: true });
});

test('with a password nothing of the API is told, and no browser’s own dialog is asked for', async () => {
  const server = await guarded();
  for (const path of ['/api/session', '/api/queues', '/api/jobs', '/api/about', '/api/openapi.json']) {
    const { status, headers, text } = await ask(server, path);
    expect([path, status]).toEqual([path, 401]);
    expect(headers['www-authenticate']).toBeUndefined();
    expect(JSON.parse(text)).toMatchObject({ code: 'AUTH' });
  }
});

test.each([
  ['fetch of another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['fetch of a neighbour on the same site', { 'sec-fetch-site': 'same-site' }, 403],
  ['form of another origin', { origin: 'https://evil.example' }, 403],
  ['page without an origin', { origin: 'null' }, 403],
  ['page of another port', { origin: 'http://127.0.0.1:1' }, 403],
  ['page of its own', { 'sec-fetch-site': 'same-origin' }, 200],
  ['address that was typed', { 'sec-fetch-site': 'none' }, 200],
  ['script without a browser', {}, 200],
] as const)('a change by a %s is answered %s', async (_, headers, status) => {
  const server = await guarded();
  const session = await logIn(server, 'secret');
  const body = { action: 'kill', jids: ['none'] };
  const answer = await ask(server, '/api/jobs/change', { headers: { ...session, ...headers }, body });
  expect(answer.status).toBe(status);
  const form = { ...session, ...headers, 'content-type': 'application/x-www-form-urlencoded' };
  expect((await ask(server, '/api/undo', { headers: form, body: 'name=x' })).status).toBeGreaterThanOrEqual(
    400,
  );
});

test('a page’s own origin is let in, and a login from another is not', async () => {
  const server = await guarded();
  const origin = `http://127.0.0.1:${server.httpPort}`;
  const body = { password: 'secret' };
  expect((await ask(server, '/api/login', { body, headers: { origin } })).status).toBe(200);
  const evil = await ask(server, '/api/login', { body, headers: { origin: 'https://evil.example' } });
  expect([evil.status, evil.headers['set-cookie']]).toEqual([403, undefined]);
});

test('a WebSocket is refused to strangers and to pages of another origin', async () => {
  const server = await guarded();
  expect(await new LivePage(server).refused()).toBe(401);
  const cookie = await logIn(server, 'secret');
  const evil = { ...cookie, origin: 'https://evil.example' };
  expect(await new LivePage(server, evil).refused()).toBe(403);
  expect(await new LivePage(server, cookie, '/api/other').refused()).toBe(404);
});

test('who is refused a WebSocket is closed, even if it never closes its own end', async () => {
  const server = await guarded();
  const socket = connect({ host: '127.0.0.1', port: server.httpPort ?? 0, allowHalfOpen: true });
  const heads = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  socket.write(`GET /api/live HTTP/1.1\r\nHost: x\r\n${heads}${key}\r\n`);
  const ended = new Promise((resolve) => socket.once('end', resolve));
  const answer = await new Promise((resolve) => socket.once('data', resolve));
  expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
  await ended;
  // A write to what is closed is answered with a reset; to what is only half closed, with silence.
  const reset = new Promise((resolve) => socket.once('error', resolve));
  const writing = setInterval(() => socket.write('x'), 10);
  expect(await reset).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
  clearInterval(writing);
});

test('a client that offers another protocol gets its answer as if it had not', async () => {
  const server = await running({ http: {} });
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
  const health = await ask(server, '/health/live', { headers });
  expect([health.status, health.headers.connection]).toEqual([200, 'close']);
  expect((await ask(server, '/api/queues', { headers })).json()).toEqual({ queues: [] });
  expect((await ask(server, '/api/none', { headers })).status).toBe(404);
});

test('pages come with a policy that runs nothing of others and shows itself in no frame', async () => {
  const server = await running({ http: {} });
  const { headers } = await ask(server, '/');
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|nonce|\*/);
  expect(headers).toMatchObject({
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
});

test('what the API tells is kept on no disk, and a page that is not there for no time at all', async () => {
  const server = await running({ http: {} });
  const kept = async (path: string) => (await ask(server, path)).headers['cache-control'];
  expect(await kept('/api/jobs')).toBe('no-store');
  expect(await kept('/stats')).toBe('no-cache');
  expect(await kept('/assets/none.js')).toBe('no-cache');
});

test('an address that makes no sense is answered as any other error', async () => {
  const server = await running({ http: {} });
  const { status, headers, text } = await ask(server, '/api/jobs/%zz');
  expect([status, headers['x-content-type-options']]).toEqual([400, 'nosniff']);
  expect(JSON.parse(text)).toEqual({ code: 'MALFORMED', error: expect.stringContaining('%zz') });
});

test('headers of 60 kB are read, as some proxies send them', async () => {
  const server = await running({ http: {} });
  const headers = { cookie: `other=${'x'.repeat(60_000)}` };
  expect((await ask(server, '/health/live', { headers })).status).toBe(200);
});

test('a body over the limit of its route is 413, and its connection is closed', async () => {
  const server = await running({ http: {}, maxLineBytes: 1_100_000 });
  for (const [path, most] of [
    ['/api/jobs', 1_100_000],
    ['/api/jobs/change', 1_048_576],
    ['/api/login', 16_384],
  ] as const) {
    const { status, headers, text } = await ask(server, path, { body: JSON.stringify(['x'.repeat(most)]) });
    expect([status, headers.connection]).toEqual([413, 'close']);
    const error = `the body has more than ${most} bytes; send less at once`;
    expect(JSON.parse(text)).toEqual({ code: 'MALFORMED', error });
  }
});

test('a large job is read in parts by HTTP too, and refused as a small one is', async () => {
  const server = await running({ http: {} });
  const args = [Array(400_000).fill(1), 'é😀'];
  const pushed = await ask(server, '/api/jobs', { body: { jid: 'large-0001', jobtype: 'A', args } });
  expect(pushed.json()).toEqual({ jid: 'large-0001' });
  const client = await greeted(server);
  expect(await client.json('FETCH default')).toMatchObject({ jid: 'large-0001', args });
  const refused = await ask(server, '/api/jobs', { body: `{"args":[${'1,'.repeat(400_000)}]}` });
  expect([refused.status, refused.json().code]).toEqual([400, 'MALFORMED']);
});

test('a page that reads no body takes any', async () => {
  const server = await running({ http: {} });
  for (const type of ['application/json', 'text/plain', 'image/png']) {
    const headers = { 'content-type': type };
    expect((await ask(server, '/health', { headers, body: `{"a":${'[1],'.repeat(500_000)}` })).status).toBe(
      200,
    );
  }
});

test('a job that comes as plain text is refused', async () => {
  const server = await running({ http: {} });
  const headers = { 'content-type': 'text/plain' };
  const body = JSON.stringify({ jobtype: 'A', args: [] });
  expect((await ask(server, '/api/jobs', { headers, body })).status).toBe(415);
});

test('what is changed stands in the audit log, with who did it and without arguments', async () => {
  const dir = folder();
  const server = await guarded({ dir });
  const headers = await logIn(server, 'secret');
  const body = { action: 'discard', places: ['dead'], text: 'private' };
  await ask(server, '/api/jobs/change', { headers, body });

  const lines = () => readFileSync(join(dir, 'audit.log'), 'utf8');
  await eventually(() => lines().includes('/api/jobs/change'));
  expect(lines()).toMatch(/"who":"password".*"did":"login"/);
  expect(lines()).toContain(
    '"did":"POST /api/jobs/change","what":"discard places dead by their text","ok":true',
  );
  expect(lines()).not.toContain('private');
});

test('a change whose asker has left stands in the audit log as it ended', async () => {
  const dir = folder();
  const server = await guarded({ dir });
  const { cookie } = await logIn(server, 'secret');
  const socket = connect(server.httpPort ?? 0, '127.0.0.1');
  const host = `127.0.0.1:${server.httpPort}`;
  const heads = `Host: ${host}\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n`;
  socket.write(`POST /api/jobs/change HTTP/1.1\r\n${heads}\r\n{"action":"kill",`, () => socket.destroy());

  const lines = () => readFileSync(join(dir, 'audit.log'), 'utf8');
  await eventually(() => lines().includes('/api/jobs/change'));
  expect(lines()).toContain('"did":"POST /api/jobs/change","what":"","ok":false');
});

test('who is refused a login unheard is not in the audit log: a flood would push out the rest', async () => {
  const dir = folder();
  const server = await guarded({ dir });
  const user = 'x'.repeat(1000);
  const given = new AbortController();
  const tries = Array.from({ length: 100 }, (_, guess) =>
    ask(server, '/api/login', { body: { user, password: `wrong ${guess}` }, signal: given.signal }).then(
      ({ status }) => status,
      () => 0,
    ),
  );
  const refused = tries.map(async (status) =>
    (await status) === 429 ? 429 : Promise.reject(new Error('heard')),
  );
  await Promise.any(refused);
  given.abort();
  const statuses = await Promise.all(tries);
  const { length } = statuses.filter((status) => status === 429);
  const lines = readFileSync(join(dir, 'audit.log'), 'utf8').split('\n');
  expect(lines.length).toBeLessThanOrEqual(100 - length + 1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
});
