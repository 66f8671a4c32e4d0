/**
 * Routes of features below `/api`, with a feature of the test's own that remembers notes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError, parseJob } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { Rights } from '../src/access/rights.ts';
import { TokenFile } from '../src/access/tokens.ts';
import type { Feature, FeatureRoute } from '../src/jobs/feature.ts';
import { silent } from '../src/log.ts';
import { folder, running, runningWith } from './running.ts';
import { ask } from './web.ts';

const name = { type: 'string', maxLength: 20 };
const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const routes: readonly FeatureRoute[] = [
  {
    method: 'GET',
    path: '/notes/:name',
    right: 'note',
    schema: { summary: 'A note.', tags: ['notes'], params: object({ name }) },
    async run({ params }, { who, extended }, { read }) {
      const found = (await read([`notes:${params.name}`])).get(`notes:${params.name}`);
      if (!found) throw new FaktoryError('NOT_FOUND', `there is no note ${params.name}`);
      return { text: found.value, who, extended };
    },
  },
  {
    method: 'POST',
    path: '/notes',
    right: 'operate',
    schema: {
      summary: 'Keeps a note.',
      tags: ['notes'],
      body: object({ name, text: name }, ['name', 'text']),
    },
    async run({ body }, _caller, { apply }) {
      await apply([{ do: 'put', key: `notes:${body.name}`, value: `${body.text}` }]);
    },
  },
  {
    method: 'GET',
    path: '/notes',
    right: 'any',
    schema: {
      summary: 'A text.',
      tags: ['notes'],
      querystring: object({ size: { type: 'integer', maximum: 2e6 } }),
    },
    run: async ({ query }) => 'x'.repeat(Number(query.size)),
  },
  {
    method: 'POST',
    path: '/notes/:name/push',
    right: 'push',
    audited: true,
    schema: { summary: 'Pushes a job with that name once.', tags: ['notes'] },
    async run({ params }, _caller, { entry, apply }) {
      const job = entry(parseJob('{"jid":"pushed-01","jobtype":"T","args":[]}'));
      await apply([
        { do: 'claim', key: `notes:push-${params.name}` },
        { do: 'push', entries: [job] },
      ]);
      return { jid: job.jid };
    },
  },
];

const notes: Feature = {
  name: 'notes',
  options: [],
  rights: [{ name: 'note', describe: 'reads notes', givenBy: ['read'] }],
  routes,
};
const rights = new Rights([notes]);

const audited = (dir: string): object[] =>
  readFileSync(join(dir, 'audit.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

test('routes of a feature answer with JSON, with 204, and with the status of an error', async () => {
  const server = await runningWith([notes], { http: {} });
  expect((await ask(server, '/api/notes', { body: { name: 'a', text: 'one' } })).status).toBe(204);
  const note = await ask(server, '/api/notes/a');
  expect([note.status, note.json()]).toEqual([200, { text: 'one', who: 'anybody', extended: true }]);
  expect(note.headers['content-type']).toMatch(/^application\/json/);
  const none = await ask(server, '/api/notes/b');
  expect([none.status, none.json()]).toEqual([404, { code: 'NOT_FOUND', error: 'there is no note b' }]);
  const pushed = await ask(server, '/api/notes/a/push', { method: 'POST' });
  expect([pushed.status, pushed.json()]).toEqual([200, { jid: 'pushed-01' }]);
  const again = await ask(server, '/api/notes/a/push', { method: 'POST' });
  expect([again.status, again.json()]).toEqual([409, { code: 'NOTUNIQUE', error: 'Job not unique' }]);
  expect((await server.info()).faktory.queues).toEqual({ default: 1 });
});

test('what is asked is checked by the schema, and body and answer have at most 1 MiB', async () => {
  const server = await runningWith([notes], { http: {} });
  const post = (body: unknown) => ask(server, '/api/notes', { body });
  expect((await post({ name: 'a' })).status).toBe(400);
  expect((await post({ name: 'x'.repeat(21), text: '' })).status).toBe(400);
  expect((await post({ name: 'a', text: 'x'.repeat(1_048_576) })).status).toBe(413);
  expect((await ask(server, `/api/notes/${'x'.repeat(21)}`)).status).toBe(400);
  expect((await ask(server, '/api/notes?size=1048574')).text.length).toBe(1_048_576);
  const large = await ask(server, '/api/notes?size=1048575');
  expect([large.status, large.json().error]).toEqual([
    429,
    'the answer of /api/notes has 1048577 bytes, the most is 1048576; ask for less',
  ]);
});

test('a page of another site cannot cause a POST of a feature', async () => {
  const server = await runningWith([notes], { http: {} });
  const headers = { 'sec-fetch-site': 'cross-site' };
  const refused = await ask(server, '/api/notes', { body: { name: 'a', text: 'one' }, headers });
  expect([refused.status, refused.json().code]).toEqual([403, 'FORBIDDEN']);
  expect((await ask(server, '/api/notes/a')).status).toBe(404);
});

test('a caller without the right is refused, and the audit log says so', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test', silent, rights);
  const [reader, noter, pusher] = ['read', 'note', 'push'].map((scope) => ({
    authorization: `Bearer ${scope}:${tokens.add(scope, scope)}`,
  }));
  const server = await runningWith([notes], { dir, http: {} });
  const status = async (path: string, headers: object | undefined, body?: object): Promise<number> =>
    (await ask(server, path, { ...(body && { body }), headers: { ...headers } })).status;
  expect(await status('/api/notes/a', undefined)).toBe(401);
  const before = audited(dir).length;
  expect(await status('/api/notes/a', reader)).toBe(404);
  expect(await status('/api/notes/a', noter)).toBe(404);
  expect(await status('/api/notes/a', pusher)).toBe(403);
  expect(await status('/api/notes', noter, { name: 'a', text: 'secret' })).toBe(403);
  expect(await status('/api/notes/a/push', pusher, {})).toBe(200);
  expect(audited(dir).slice(before)).toMatchObject([
    { who: 'token push', did: 'GET /api/notes/:name', ok: false },
    { who: 'token note', did: 'POST /api/notes', ok: false },
    { who: 'token push', did: 'POST /api/notes/:name/push', ok: true },
  ]);
  expect(readFileSync(join(dir, 'audit.log'), 'utf8')).not.toContain('secret');
  const session = await ask(server, '/api/session', { headers: { ...noter } });
  expect(session.json().rights).toEqual(['note']);
});

test('the OpenAPI document has the routes of a feature with their schemas', async () => {
  const server = await runningWith([notes], { http: {} });
  const { paths } = (await ask(server, '/api/openapi.json')).json<{ paths: Record<string, object> }>();
  expect(paths['/api/notes/{name}']).toMatchObject({
    get: { summary: 'A note.', tags: ['notes'], parameters: [{ name: 'name', in: 'path' }] },
  });
  expect(paths['/api/notes']).toMatchObject({
    post: { requestBody: { content: { 'application/json': { schema: { required: ['name', 'text'] } } } } },
  });
});

test('a server without the feature does not know its routes', async () => {
  const server = await running({ http: {} });
  for (const [method, status] of [
    ['GET', 404],
    ['POST', 405],
  ] as const)
    for (const path of ['/api/notes', '/api/nothing'])
      expect((await ask(server, path, { method })).status).toBe(status);
  expect((await ask(server, '/api/openapi.json')).text).not.toContain('/api/notes');
});

test.each(['/queues/:name/more', '/jobs', '/login', '/notes/../jobs', 'notes', '/live'])(
  'a feature cannot bring the route %s',
  async (path) => {
    const route = { ...routes[0], path } as FeatureRoute;
    await expect(
      runningWith([{ name: 'odd', options: [], routes: [{ ...route, right: 'read' }] }]),
    ).rejects.toThrow(`the feature odd cannot bring GET /api${path}`);
  },
);

test('two features cannot bring routes with the same first part', async () => {
  const again = { ...notes, name: 'again', rights: [] };
  await expect(runningWith([notes, again])).rejects.toThrow('the feature again cannot bring GET /api/notes');
});

test('a push over HTTP of a job that is not unique is answered with 409', async () => {
  const server = await running({ http: {} });
  const body = (jid: string) => ({ jid, jobtype: 'T', args: [], custom: { unique_for: 60 } });
  expect((await ask(server, '/api/jobs', { body: body('unique-001') })).status).toBe(200);
  const refused = await ask(server, '/api/jobs', { body: body('unique-002') });
  expect([refused.status, refused.json()]).toEqual([409, { code: 'NOTUNIQUE', error: 'Job not unique' }]);
});
