/**
 * Logging in to the web UI: the session, its cookie and its ends, and where a login comes from.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Backup, DataFolder, type Server, type ServerOptions, TokenFile } from '../src/index.ts';
import { folder, prepared, running, TestClock } from './running.ts';
import { ask, cookieOf, LivePage, logIn } from './web.ts';

const guarded = (options: ServerOptions = {}): Promise<Server> =>
  running({ http: {}, password: 'secret', ...options });

/** A server with a token of each scope; gives their secrets. */
async function withTokens(...scopes: string[]): Promise<{ server: Server; dir: string; secrets: string[] }> {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const secrets = scopes.map((scope, index) => tokens.add(`t${index}`, scope));
  return { server: await guarded({ dir }), dir, secrets };
}

test('a login gives a cookie that no script reads and no other site’s page sends, and it opens the API', async () => {
  const server = await guarded();
  const { status, headers } = await ask(server, '/api/login', { body: { password: 'secret' } });
  expect(status).toBe(200);
  expect(String(headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict; /);
  expect(String(headers['set-cookie'])).not.toMatch(/Secure/);
  const session = await ask(server, '/api/session', { headers: { cookie: cookieOf(headers) } });
  expect(session.json()).toMatchObject({ who: 'password', login: true });
});

test('servers on other ports of a host have cookies of their own', async () => {
  const server = await guarded();
  const cookieAt = async (host: string): Promise<string> =>
    cookieOf((await ask(server, '/api/login', { body: { password: 'secret' }, headers: { host } })).headers);
  const [one, other, plain] = await Promise.all(
    ['localhost:8001', 'localhost:8002', 'jobs.example'].map(cookieAt),
  );
  expect([one, other, plain].map((cookie) => cookie?.split('=', 1)[0])).toEqual([
    'faktory_session_8001',
    'faktory_session_8002',
    'faktory_session',
  ]);
  const asked = { host: 'localhost:8001', cookie: `${other}; ${one}` };
  expect((await ask(server, '/api/session', { headers: asked })).status).toBe(200);
  const others = { host: 'localhost:8001', cookie: other ?? '' };
  expect((await ask(server, '/api/session', { headers: others })).status).toBe(401);
});

test('a named proxy is believed about who asks, for failed logins and in the audit log; nobody else is', async () => {
  const dir = folder();
  const logIns = async (server: Server, from: string): Promise<void> => {
    const headers = { 'x-forwarded-for': from };
    await ask(server, '/api/login', { body: { password: 'secret' }, headers });
  };
  const told = () =>
    readFileSync(join(dir, 'audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"did":"login"'))
      .map((line) => (JSON.parse(line) as { from: string }).from);
  const server = await guarded({ dir });
  await logIns(server, '192.0.2.7');
  expect(told()).toEqual(['127.0.0.1']);
  await server.reload({ http: { proxies: ['127.0.0.0/8'] } });
  await logIns(server, '6.6.6.6, 192.0.2.7');
  expect(told()).toEqual(['127.0.0.1', '192.0.2.7']);
  await expect(server.reload({ http: { proxies: ['nginx'] } })).rejects.toMatchObject({ code: 'CONFIG' });
  await logIns(server, '192.0.2.8');
  expect(told()).toEqual(['127.0.0.1', '192.0.2.7', '192.0.2.8']);
});

test('behind a proxy that ends TLS the cookie is for TLS only', async () => {
  const server = await guarded();
  const headers = { 'x-forwarded-proto': 'https' };
  const answer = await ask(server, '/api/login', { body: { password: 'secret' }, headers });
  expect(String(answer.headers['set-cookie'])).toMatch(/; Secure/);
});

test('a wrong password gives no cookie, and many are slowed down and then refused', async () => {
  const server = await guarded();
  let guesses = 0;
  const wrong = (signal?: AbortSignal): Promise<number> =>
    ask(server, '/api/login', { body: { password: `wrong ${++guesses}` }, ...(signal && { signal }) }).then(
      ({ status, headers }) => {
        expect(headers['set-cookie']).toBeUndefined();
        return status;
      },
    );
  expect(await wrong()).toBe(401);
  const given = new AbortController();
  const many = Array.from({ length: 100 }, () => wrong(given.signal).catch(() => 0));
  const refused = many.map(async (status) =>
    (await status) === 429 ? 429 : Promise.reject(new Error('not refused')),
  );
  expect(await Promise.any(refused)).toBe(429);
  given.abort(); // those that wait for their turn
  await Promise.all(many);
});

test('who knows a token is let in beside any number that fail', async () => {
  const { server, secrets } = await withTokens('read');
  const given = new AbortController();
  const many = Array.from({ length: 100 }, (_, guess) =>
    ask(server, '/api/login', { body: { password: `wrong ${guess}` }, signal: given.signal }).then(
      ({ status }) => status,
      () => 0,
    ),
  );
  await Promise.any(many.map(async (status) => ((await status) === 429 ? 429 : Promise.reject(new Error()))));
  const headers = { authorization: `Bearer t0:${secrets[0]}` };
  expect((await ask(server, '/api/session', { headers })).status).toBe(200);
  await logIn(server, secrets[0] ?? '', 't0');
  given.abort();
  await Promise.all(many);
});

test('a logout ends the session', async () => {
  const server = await guarded();
  const headers = await logIn(server, 'secret');
  expect((await ask(server, '/api/logout', { method: 'POST', headers })).status).toBe(204);
  expect((await ask(server, '/api/queues', { headers })).status).toBe(401);
});

test('a session outlives a restart, but not the password that it was opened with', async () => {
  const dir = folder();
  const first = prepared({ http: {}, password: 'secret', dir });
  await first.start();
  const headers = await logIn(first, 'secret');
  const port = first.httpPort ?? 0;
  await first.stop();
  const second = await guarded({ dir, http: { port } });
  expect((await ask(second, '/api/queues', { headers })).status).toBe(200);
  await second.reload({ password: 'another' });
  expect((await ask(second, '/api/queues', { headers })).status).toBe(401);
});

test('the store holds neither the secret of a session nor the password', async () => {
  const dir = folder();
  const server = await guarded({ dir, password: 'a-password-of-its-own' });
  const { cookie } = await logIn(server, 'a-password-of-its-own');
  await server.stop();
  const store = readFileSync(join(dir, 'faktory.db'), 'latin1');
  expect(store).toContain('session:');
  expect(store).not.toContain(cookie.split('=')[1]);
  expect(store).not.toContain('a-password-of-its-own');
});

test('a session’s secret is replaced each hour of use, ends after twelve without, and after a week in any case', async () => {
  const clock = new TestClock();
  const server = await guarded({ clock: clock.now });
  const headers = await logIn(server, 'secret');
  const use = (used = headers) => ask(server, '/api/session', { headers: used });
  clock.move(3601);
  const renewed = await use();
  expect(renewed.status).toBe(200);
  const fresh = { cookie: cookieOf(renewed.headers) };
  expect(fresh.cookie).not.toBe(headers.cookie);
  expect((await use(fresh)).status).toBe(200);
  expect((await use()).status).toBe(200); // requests that crossed
  clock.move(61);
  expect([(await use()).status, (await use(fresh)).status]).toEqual([401, 200]);
  clock.move(12 * 3600 + 1);
  expect((await use(fresh)).status).toBe(401);
  let last = await logIn(server, 'secret');
  for (let hours = 0; hours < 7 * 24; hours += 6) {
    const { headers: got } = await use(last);
    if (got['set-cookie']) last = { cookie: cookieOf(got) };
    clock.move(6 * 3600);
  }
  clock.move(1);
  expect((await use(last)).status).toBe(401);
});

test('a new secret that never came to the browser takes nothing away, and neither does /stats', async () => {
  const clock = new TestClock();
  const server = await guarded({ clock: clock.now });
  const headers = await logIn(server, 'secret');
  const use = (path = '/api/session') => ask(server, path, { headers });
  clock.move(3601);
  const stats = await use('/stats');
  expect([stats.status, stats.headers['set-cookie']]).toEqual([200, undefined]);
  expect((await use()).headers['set-cookie']).toBeDefined(); // as if the connection broke on its way
  clock.move(3601);
  const again = await use();
  expect(again.status).toBe(200);
  const fresh = { cookie: cookieOf(again.headers) };
  expect((await ask(server, '/api/session', { headers: fresh })).status).toBe(200);
  clock.move(61);
  expect((await use()).status).toBe(401);
});

test('a logout ends all secrets of a login, also one that is about to be replaced', async () => {
  const clock = new TestClock();
  const server = await guarded({ clock: clock.now });
  const headers = await logIn(server, 'secret');
  const other = await logIn(server, 'secret');
  clock.move(3601);
  const fresh = cookieOf((await ask(server, '/api/session', { headers })).headers);
  await ask(server, '/api/logout', { method: 'POST', headers: { cookie: fresh } });
  expect((await ask(server, '/api/session', { headers })).status).toBe(401);
  expect((await ask(server, '/api/session', { headers: other })).status).toBe(200);
});

test('below a prefix the cookie is for that prefix alone', async () => {
  const server = await guarded();
  const headers = { 'x-script-name': '/jobs', 'x-forwarded-proto': 'https, http' };
  const answer = await ask(server, '/api/login', { body: { password: 'secret' }, headers });
  expect(String(answer.headers['set-cookie'])).toMatch(/; Path=\/jobs\/; .*; Secure/);
});

test('Basic authentication and a token as Bearer open the API too', async () => {
  const { server, secrets } = await withTokens('read');
  const basic = Buffer.from('anybody:secret').toString('base64');
  const by = (authorization: string) => ask(server, '/api/session', { headers: { authorization } });
  expect((await by(`Basic ${basic}`)).json()).toMatchObject({ who: 'password', login: false });
  expect((await by(`Bearer t0:${secrets[0]}`)).json()).toMatchObject({ who: 'token t0', rights: ['read'] });
  expect((await by('Bearer t0:wrong')).status).toBe(401);
});

test('who logged in stays in, whatever Basic authentication the browser remembers of before', async () => {
  const server = await guarded();
  const authorization = `Basic ${Buffer.from('anybody:of-before').toString('base64')}`;
  const { cookie } = await logIn(server, 'secret');
  const both = await ask(server, '/api/session', { headers: { authorization, cookie } });
  expect(both.json()).toMatchObject({ who: 'password', login: true });
  expect((await ask(server, '/api/session', { headers: { authorization } })).status).toBe(401);
});

test('a token logs in with its rights: read reads, operate changes, admin takes a backup away', async () => {
  const { server, secrets } = await withTokens('read', 'operate', 'admin', 'push');
  const [read, operate, admin, push] = await Promise.all(
    secrets.map((secret, index) => logIn(server, secret, `t${index}`)),
  );
  const job = { jid: 'job-00001', jobtype: 'A', args: [] };
  const tries = [
    { path: '/api/queues', body: undefined },
    { path: '/api/jobs', body: job },
    { path: '/api/jobs/change', body: { action: 'kill', jids: ['x'] } },
    { path: '/api/backups/none/file', body: undefined },
  ];
  const statuses = async (headers: { cookie: string } | undefined): Promise<number[]> => {
    const all: number[] = [];
    for (const { path, body } of tries)
      all.push((await ask(server, path, { headers: headers ?? {}, body })).status);
    return all;
  };
  expect(await statuses(read)).toEqual([200, 403, 403, 403]);
  expect(await statuses(push)).toEqual([403, 200, 403, 403]);
  expect(await statuses(operate)).toEqual([200, 200, 200, 403]);
  expect(await statuses(admin)).toEqual([200, 200, 200, 404]);
});

test('a token that is revoked ends its sessions and closes its open pages', async () => {
  const { server, dir, secrets } = await withTokens('read');
  const headers = await logIn(server, secrets[0] ?? '', 't0');
  const page = new LivePage(server, headers);
  await page.ask('stats');
  await page.until(({ stats }) => stats);
  const closed = page.closed();
  new TokenFile(dir, 'test').revoke('t0');
  await server.reload({});
  expect(await closed).toBe(4401);
  expect((await ask(server, '/api/queues', { headers })).status).toBe(401);
});

test('a page whose session has ended is closed', async () => {
  const server = await guarded();
  const headers = await logIn(server, 'secret');
  const page = new LivePage(server, headers);
  await page.ask('stats');
  const closed = page.closed();
  await ask(server, '/api/logout', { method: 'POST', headers });
  expect(await closed).toBe(4401);
});

test('a backup has no sessions, not even in its free pages, and a dump has none', async () => {
  const dir = folder();
  const server = await guarded({ dir });
  const headers = await logIn(server, 'secret');
  const made = await ask(server, '/api/backups', { method: 'POST', headers });
  expect(made.status).toBe(200);
  await server.stop();
  const data = new DataFolder(dir);
  expect([...data.dump()].join('\n')).not.toContain('session:');
  const copy = gunzipSync(readFileSync(join(dir, 'backups', `${made.json<Backup>().id}.db.gz`)));
  expect(copy.includes('session:')).toBe(false);
  await data.restore();
  const restored = await guarded({ dir });
  expect((await ask(restored, '/api/session', { headers })).status).toBe(401);
});
