/**
 * HTTP: /health for whoever watches, /stats for people, and the password before the latter.
 */
import { get, type IncomingMessage } from 'node:http';
import { expect, test, vi } from 'vitest';
import { SqliteEngine } from '../src/engine/sqlite/sqlite-engine.ts';
import type { Server } from '../src/index.ts';
import { greeted, prepared, running } from './running.ts';

interface Page {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Gets a page over a connection of its own. `user` is `name:password`. */
function page(server: Server, path: string, user?: string, method = 'GET'): Promise<Page> {
  const auth = user === undefined ? {} : { auth: user };
  return new Promise((resolve, reject) => {
    const asked = { host: '127.0.0.1', port: server.httpPort, path, method, agent: false, ...auth };
    get(asked, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    }).on('error', reject);
  });
}

test('HTTP is off unless asked for', async () => {
  const server = await running();
  expect(server.httpPort).toBeUndefined();
});

test('/health is 200 and says who answers', async () => {
  const server = await running({ http: {}, sync: 'full' });
  const { status, headers, body } = await page(server, '/health');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['cache-control']).toBe('no-cache');
  const health = JSON.parse(body);
  expect(health.now).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(health.server).toMatchObject({ connections: 0, description: 'Faktory', faktory_version: '1.10.0' });
  expect(Number.isInteger(health.server.command_count)).toBe(true);
});

test('/stats is INFO', async () => {
  const server = await running({ http: {} });
  const client = await greeted(server, 'w1');
  await client.push('job-00001', { queue: 'q' });
  const { status, body } = await page(server, '/stats');
  expect(status).toBe(200);
  const [stats, info] = [JSON.parse(body), await client.json<Record<string, object>>('INFO')];
  expect(Object.keys(stats)).toEqual(Object.keys(info));
  expect(stats.faktory).toEqual(info.faktory);
  expect(Object.keys(stats.server)).toEqual(Object.keys(info.server ?? {}));
});

test('/health reads nothing that grows with the queues', async () => {
  const server = await running({ http: {} });
  const read = vi.spyOn(SqliteEngine.prototype, 'queues');
  expect((await page(server, '/health')).status).toBe(200);
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});

test('INFO and /stats that are asked for together share one text', async () => {
  const server = await running({ http: {} });
  const clients = await Promise.all(Array.from({ length: 20 }, () => greeted(server)));
  const read = vi.spyOn(SqliteEngine.prototype, 'queues');
  const asked = [...clients.map((client) => client.ask('INFO')), page(server, '/stats')];
  await Promise.all(asked);
  expect(read.mock.calls.length).toBeLessThanOrEqual(5);
  read.mockRestore();
});

test('with a password /stats asks for it, of any user, and /health does not', async () => {
  const server = await running({ http: {}, password: 'geheim:ü' });
  const asked = await page(server, '/stats');
  expect([asked.status, asked.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic /)]);
  for (const wrong of ['faktory:', 'faktory:geheim', 'geheim:ü', ':geheim:Ü', 'x:geheim:ü ']) {
    expect((await page(server, '/stats', wrong)).status).toBe(401);
  }
  for (const right of ['faktory:geheim:ü', ':geheim:ü'])
    expect((await page(server, '/stats', right)).status).toBe(200);
  expect((await page(server, '/health')).status).toBe(200);
  for (const each of [asked, await page(server, '/health')]) expect(each.body).not.toContain('geheim');
});

test('a POST of /health and /stats is answered as a GET is', async () => {
  const server = await running({ http: {}, password: 'geheim' });
  const health = await page(server, '/health', undefined, 'POST');
  expect([health.status, Object.keys(JSON.parse(health.body))]).toEqual([200, ['now', 'server']]);
  expect((await page(server, '/stats', undefined, 'POST')).status).toBe(401);
  const stats = await page(server, '/stats', ':geheim', 'POST');
  expect(Object.keys(JSON.parse(stats.body))).toContain('faktory');
});

test('the web may have a password of its own', async () => {
  const server = await running({ http: {}, webPassword: 'web' });
  await greeted(server);
  expect((await page(server, '/stats', 'x:web')).status).toBe(200);
  expect((await page(server, '/stats')).status).toBe(401);
});

test('what is not there is 404 below /api and among the files, and else the page, which says so itself', async () => {
  const server = await running({ http: {} });
  expect((await page(server, '/api/nowhere')).status).toBe(404);
  expect((await page(server, '/assets/nowhere.js')).status).toBe(404);
  const { status, headers, body } = await page(server, '/nowhere');
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(body).toContain('<base href="/" />');
});

test('an HTTP port in use is refused with its address, and the command port is not left open', async () => {
  const first = await running({ http: {} });
  const port = first.httpPort ?? 0;
  const second = prepared({ http: { port } });
  await expect(second.start()).rejects.toMatchObject({
    code: 'LISTEN',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  // The check after each test finds the listener, were it left.
});
