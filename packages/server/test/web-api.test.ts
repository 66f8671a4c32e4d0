/**
 * The rest of the web UI's API: settings, backups, known jobtypes, its description, old addresses.
 */
import { Agent } from 'node:http';
import { expect, test } from 'vitest';
import { rights } from '../src/access/rights.ts';
import type { Server, ServerOptions } from '../src/index.ts';
import { running } from './running.ts';
import { ask } from './web.ts';

const opened = (options: ServerOptions = {}): Promise<Server> => running({ http: {}, ...options });

const push = (server: Server, job: object): Promise<{ status: number }> =>
  ask(server, '/api/jobs', { body: { jid: 'job-00001', jobtype: 'Mail', args: [], ...job } });

test('settings are told without a secret, and clients with where they come from', async () => {
  const server = await opened({ password: ['secret-one', 'secret-two'], webPassword: 'secret-web' });
  const headers = { authorization: `Basic ${Buffer.from(':secret-web').toString('base64')}` };
  const about = await ask(server, '/api/about', { headers });
  expect(about.text).not.toMatch(/secret-/);
  expect(about.json()).toMatchObject({ name: 'faktory-ts', storage: { dir: server.dir, sync: 'off' } });
  const { clients } = (await ask(server, '/api/clients', { headers })).json();
  expect(clients).toEqual([]);
});

test('a backup is made, listed and downloaded', async () => {
  const server = await opened();
  await push(server, {});
  const made = (await ask(server, '/api/backups', { method: 'POST' })).json();
  expect(made).toMatchObject({ jobs: { ready: 1 } });
  expect((await ask(server, '/api/backups')).json().backups).toEqual([made]);
  const file = await ask(server, `/api/backups/${made.id}/file`);
  expect([file.status, file.headers['content-type']]).toEqual([200, 'application/gzip']);
  expect((await ask(server, '/api/backups/..%2F..%2Ffaktory/file')).status).toBe(404);
});

test('known jobtypes come with arguments as an example', async () => {
  const server = await opened();
  await push(server, { queue: 'mail', args: [7, 'x'] });
  const { jobtypes } = (await ask(server, '/api/jobtypes')).json();
  expect(jobtypes).toEqual([{ jobtype: 'Mail', queue: 'mail', args: '[7,"x"]' }]);
});

test('the OpenAPI document names every route, each with its summary', async () => {
  const server = await opened();
  const { paths } = (await ask(server, '/api/openapi.json')).json<{ paths: Record<string, object> }>();
  const routes = Object.values(paths).flatMap((route) => Object.values(route) as { summary?: string }[]);
  expect(routes.length).toBeGreaterThan(20);
  expect(routes.filter(({ summary }) => !summary)).toEqual([]);
  expect(Object.keys(paths)).toContain('/api/jobs/{jid}');
  const keys = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const open = ['POST /api/login', 'POST /api/logout'];
  expect(keys.filter((key) => !open.includes(key) && !Object.hasOwn(rights, key))).toEqual([]);
});

test('old addresses lead to where the same now is, below a prefix too', async () => {
  const server = await opened();
  const to = async (path: string, headers = {}) => (await ask(server, path, { headers })).headers.location;
  expect(await to('/busy')).toBe('/workers');
  expect(await to('/retries')).toBe('/jobs?places=retries');
  expect(await to('/morgue/1700000000.5%7Cjob-1')).toBe('/jobs/job-1');
  expect(await to('/jobs-app/scheduled', { 'x-script-name': '/jobs-app' })).toBe(
    '/jobs-app/jobs?places=scheduled',
  );
  expect(
    (await ask(server, '/jobs-app/api/session', { headers: { 'x-script-name': '/jobs-app' } })).status,
  ).toBe(200);
});

test('many requests over one connection leave nothing behind on it', async () => {
  const server = await opened();
  const warned: Error[] = [];
  const warn = (warning: Error): void => void warned.push(warning);
  process.on('warning', warn);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let each = 0; each < 30; each++) expect((await ask(server, '/api/jobs', { agent })).status).toBe(200);
  agent.destroy();
  process.off('warning', warn);
  expect(warned).toEqual([]);
});

interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly schema: { required: string[] } }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

test('the description says how to show who one is, what a push takes, and how all ends', async () => {
  const server = await opened();
  const { paths, components, security } = (await ask(server, '/api/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>;
    components: { securitySchemes: object };
    security: object[];
  }>();
  expect(Object.keys(components.securitySchemes)).toEqual(security.flatMap((each) => Object.keys(each)));
  const push = paths['/api/jobs']?.post;
  expect(push?.requestBody?.content['application/json']?.schema.required).toEqual(['jobtype', 'args']);
  await ask(server, '/api/jobs', { body: { jobtype: 'A', args: [] } });
  const done = Object.entries(paths).filter(([, { post }]) => post?.responses['204']);
  for (const [path] of done) {
    const { status, text } = await ask(server, path.replace('{name}', 'default'), { method: 'POST' });
    expect([path, status, text]).toEqual([path, 204, '']);
  }
  expect(done.map(([path]) => path.split('/').at(-1)).sort()).toEqual([
    'logout',
    'pause',
    'remove',
    'resume',
  ]);
  for (const operation of Object.values(paths).flatMap((each) => Object.values(each)))
    expect(operation.responses.default?.content?.['application/json']?.schema).toMatchObject({
      required: ['code', 'error'],
    });
});

test('a caller that asks for very much at once gets it in turns, and beyond what may wait a clear refusal', {
  timeout: 60_000,
}, async () => {
  const server = await running({ http: {} });
  const many = await Promise.all(Array.from({ length: 200 }, () => ask(server, '/api/jobs?places=ready')));
  const refused = many.filter(({ status }) => status === 429);
  expect(many.filter(({ status }) => status === 200).length).toBe(200 - refused.length);
  expect(many.length - refused.length).toBeGreaterThanOrEqual(100);
  for (const { json, headers } of refused) {
    expect(json()).toMatchObject({ code: 'LIMIT', error: expect.stringContaining('wait already') });
    expect(headers['retry-after']).toBe('2');
  }
  expect((await ask(server, '/api/queues')).status).toBe(200);
});

test('metrics that many ask for at once are made for several of them together', {
  timeout: 60_000,
}, async () => {
  const server = await running({ http: {} });
  const pages = await Promise.all(Array.from({ length: 20 }, () => ask(server, '/metrics')));
  expect(pages.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(new Set(pages.map(({ text }) => text)).size).toBeLessThan(20);
});

test.each(['gzip', 'br', 'deflate, gzip'])(
  'a body with Content-Encoding %s is refused with 415, whatever its bytes are',
  async (encoding) => {
    const server = await opened();
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    const body = JSON.stringify({ jobtype: 'T', args: [] });
    const answer = await ask(server, '/api/jobs', { method: 'POST', headers, body });
    expect(answer.status).toBe(415);
    expect(answer.json<{ error: string }>().error).toBe(
      `a body with Content-Encoding ${encoding} is not read; send it uncompressed`,
    );
    expect((await ask(server, '/api/jobs')).json()).toMatchObject({ jobs: [] });
  },
);
