/**
 * Tokens over the wire and HTTP: who gets in with which, what each may do, and one that is revoked under its connection.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TokenFile } from '../src/index.ts';
import { login } from './login.ts';
import { connected, eventually, folder, running } from './running.ts';
import { ask, LivePage } from './web.ts';

const audited = (dir: string): Record<string, unknown>[] =>
  readFileSync(join(dir, 'audit.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a token lets in, alone or beside a password, and may do what its scope says', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [push, fetch] = [tokens.add('shop', 'push'), tokens.add('mailer', 'fetch:mail')];
  const server = await running({ dir, password: 'all' });
  const [, producer] = await login(server, push);
  expect(await producer.ask('FLUSH')).toBe(
    '-ERR not permitted: FLUSH takes the right "admin", this token has "push"',
  );
  expect(await producer.ask('FETCH mail')).toMatch(/^-ERR not permitted: FETCH/);
  await producer.push('mailed-01', { queue: 'mail' });
  const [, consumer] = await login(server, fetch, { wid: 'w1' });
  expect(await consumer.ask('FETCH mail other')).toMatch(/^-ERR not permitted: .*mail only, not from other/);
  expect(await consumer.fetch('mail')).toBe('mailed-01');
  expect(await consumer.ask('BEAT {"wid":"w1"}')).toBe('+OK');
  expect(await consumer.ask('ACK {"jid":"mailed-01"}')).toBe('+OK');
  expect(await consumer.ask('PUSH {"jid":"no-push-01","jobtype":"T","args":[]}')).toMatch(
    /^-ERR not permitted: PUSH/,
  );
  const [, all] = await login(server, 'all');
  expect(await all.ask('QUEUE PAUSE mail')).toBe('+OK');
  expect((await login(server, push, { username: 'mailer' }))[0]).toBe('-ERR Invalid password');
  expect((await login(server, push, { username: 'shop' }))[0]).toBe('+OK');
  expect(audited(dir).at(-1)).toMatchObject({ who: 'mailer', did: 'login', ok: false });
  expect(audited(dir).at(-2)).toMatchObject({
    who: 'password',
    from: '127.0.0.1',
    did: 'QUEUE PAUSE',
    what: 'mail',
    ok: true,
  });
  expect(JSON.stringify(tokens.list()) + readFileSync(join(dir, 'audit.log'), 'utf8')).not.toContain(push);
  expect(statSync(join(dir, 'tokens.json')).mode & 0o777).toBe(0o600);
});

test('a token that is made or revoked beside the running server holds within seconds: its connections end', async () => {
  const dir = folder();
  const server = await running({ dir });
  const tokens = new TokenFile(dir, 'test');
  const secret = tokens.add('ops', 'operate');
  await eventually(async () => (await (await connected(server)).line()).includes('"s"'));
  const [said, client] = await login(server, secret);
  expect(said).toBe('+OK');
  tokens.add('other', 'read');
  expect(tokens.revoke('ops')).toBe(true);
  await client.closed();
  expect((await login(server, secret))[0]).toBe('-ERR Invalid password');
  expect(audited(dir).map(({ did, what }) => `${did} ${what}`)).toEqual([
    'tokens add ops operate',
    'tokens add other read',
    'tokens revoke ops',
    'login ',
  ]);
});

test('a token that may not push is told no count, and takes no producer its name', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [read, push] = [tokens.add('reader', 'read'), tokens.add('shop', 'push')];
  const server = await running({ dir });
  const [, shop] = await login(server, push);
  await shop.ask('EXT {"v":1,"producer":"p"}');
  const [, reader] = await login(server, read);
  expect(await reader.ask('EXT {"v":1,"producer":"p"}')).not.toContain('pushed');
  expect(await reader.ask('PUSH {"jid":"no-push-01","jobtype":"T","args":[]}')).toMatch(
    /^-ERR not permitted/,
  );
  await shop.push('counted-1');
  expect(await shop.ask('EXT {"v":1,"producer":"p"}')).toContain('"pushed":1');
});

test('HTTP takes a token as Bearer NAME:SECRET and as user and password, with its rights', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [read, push] = [tokens.add('graphs', 'read'), tokens.add('shop', 'push')];
  const server = await running({ dir, http: {}, password: 'all' });
  const status = async (path: string, authorization: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${server.httpPort}${path}`, { headers: { authorization } })).status;
  expect(await status('/history', `Bearer graphs:${read}`)).toBe(200);
  expect(await status('/history', `Basic ${btoa(`graphs:${read}`)}`)).toBe(200);
  expect(await status('/history', `Bearer shop:${push}`)).toBe(403);
  expect(await status('/stats', `Bearer shop:${push}`)).toBe(200);
  expect(await status('/history', `Bearer shop:${read}`)).toBe(401);
  expect(await status('/history', `Bearer nobody:all`)).toBe(401);
  expect(await status('/history', `Basic ${btoa('anybody:all')}`)).toBe(200);
});

test('what the rights refuse stands in the audit log, by wire, HTTP and WebSocket', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [push, fetch] = [tokens.add('shop', 'push'), tokens.add('mailer', 'fetch:mail')];
  const server = await running({ dir, http: {} });
  const [, producer] = await login(server, push);
  await producer.ask('QUEUE PAUSE mail');
  const [, consumer] = await login(server, fetch, { wid: 'w1' });
  await consumer.ask('FETCH other');
  const headers = { authorization: `Bearer shop:${push}` };
  await ask(server, '/history', { headers });
  await ask(server, '/api/queues/mail/pause', { headers, method: 'POST' });
  await ask(server, '/api/queues', { headers });
  expect(await new LivePage(server, headers).refused()).toBe(403);
  await eventually(() => audited(dir).length === 8);
  expect(
    audited(dir)
      .slice(2)
      .map(({ who, did, what, ok }) => `${who}: ${did} ${what} ${ok}`),
  ).toEqual([
    'token shop: QUEUE PAUSE mail false',
    'token mailer: FETCH other false',
    'token shop: GET /history  false',
    'token shop: POST /api/queues/:name/pause mail false',
    'token shop: GET /api/queues  false',
    'token shop: GET /api/live  false',
  ]);
});

test('a failed login stands in the audit log, by wire and HTTP, without the secret; a flood of them does not fill it', {
  timeout: 30_000,
}, async () => {
  const dir = folder();
  const server = await running({ dir, http: {}, password: 'right' });
  expect((await login(server, 'guess-1'))[0]).toBe('-ERR Invalid password');
  expect((await login(server, 'guess-2', { username: 'shop' }))[0]).toBe('-ERR Invalid password');
  const headers = { authorization: `Basic ${btoa('graphs:guess-3')}` };
  expect((await ask(server, '/history', { headers })).status).toBe(401);
  expect((await ask(server, '/history')).status).toBe(401); // no login: nothing was tried
  expect(audited(dir).map(({ who, from, did, ok }) => [who, from, did, ok])).toEqual([
    ['password', '127.0.0.1', 'login', false],
    ['shop', '127.0.0.1', 'login', false],
    ['graphs', '127.0.0.1', 'login', false],
  ]);
  // A secret that is known to be wrong is refused at once, so these cost no round.
  for (let round = 0; round < 10; round++)
    await Promise.all(Array.from({ length: 10 }, () => ask(server, '/history', { headers })));
  const entries = readFileSync(join(dir, 'audit.log'), 'utf8');
  expect(entries).not.toContain('guess');
  expect(entries.length).toBeLessThan(10_000);
  await server.stop();
  const counted = audited(dir).filter(({ times }) => times !== undefined);
  expect(counted).toMatchObject([{ who: 'graphs', did: 'login', ok: false, times: expect.any(Number) }]);
  const [{ times }] = counted as [{ times: number }];
  expect(audited(dir).filter(({ who }) => who === 'graphs').length - 1 + times).toBe(101);
});

test('a worker id that belongs to another secret is refused, and that stands in the audit log', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [one, other] = [tokens.add('one', 'fetch'), tokens.add('other', 'fetch')];
  const server = await running({ dir });
  expect((await login(server, one, { wid: 'w-1' }))[0]).toBe('+OK');
  expect((await login(server, other, { wid: 'w-1' }))[0]).toMatch(/^-ERR not permitted: the worker w-1/);
  expect(audited(dir).at(-1)).toMatchObject({
    who: 'token other',
    from: '127.0.0.1',
    did: 'HELLO',
    what: 'w-1',
    ok: false,
  });
});

test('TOKENS lists tokens without their secrets and revokes one under its connection, for an admin only', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [operate, admin] = [tokens.add('ops', 'operate'), tokens.add('root', 'admin')];
  const server = await running({ dir });
  const [, ops] = await login(server, operate);
  await ops.ask('EXT {"v":1}');
  expect(await ops.ask('TOKENS')).toMatch(/^-ERR not permitted: TOKENS takes the right "admin"/);
  const [, root] = await login(server, admin);
  await root.ask('EXT {"v":1}');
  const listed = await root.ask('TOKENS');
  expect(listed).not.toContain(operate);
  expect(JSON.parse(listed.slice(2))).toMatchObject({ dir, pid: process.pid, tokens: tokens.list() });
  expect(await root.ask('TOKENS {"add":"x"}')).toMatch(/^-ERR .*a secret is not sent/);
  expect(await root.ask('TOKENS {"revoke":"nobody"}')).toBe('-ERR there is no token nobody');
  expect(await root.ask('TOKENS {"revoke":"ops"}')).toBe('$ {"revoked":"ops"}');
  await ops.closed();
  expect(tokens.list().map(({ name }) => name)).toEqual(['root']);
  expect(audited(dir).at(-1)).toMatchObject({ who: 'token root', did: 'TOKENS', what: 'ops', ok: true });
});

test('names and scopes that cannot be, and a file that is damaged, are refused', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  tokens.add('a', 'push');
  for (const [name, scope] of [
    ['a', 'push'],
    ['a b', 'push'],
    ['b', 'pull'],
  ] as const)
    expect(() => tokens.add(name, scope)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  expect(tokens.revoke('nobody')).toBe(false);
  for (let more = 1; more < 50; more++) tokens.add(`t${more}`, 'push');
  expect(() => tokens.add('t50', 'push')).toThrow(/50 tokens/);
  writeFileSync(join(dir, 'tokens.json'), '{"version":1,"tokens":[{"secret":"hunter2"');
  expect(() => tokens.list()).toThrow(/^(?!.*hunter2).*tokens.json is not JSON/);
  await expect(running({ dir })).rejects.toMatchObject({ code: 'STORAGE' });
});
