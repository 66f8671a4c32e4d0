/**
 * Verbs and rights of features over a real socket, with a feature of the test's own that remembers notes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError, parseJob } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { Rights } from '../src/access/rights.ts';
import { TokenFile } from '../src/access/tokens.ts';
import type { Feature, FeatureCaller, FeatureServices } from '../src/jobs/feature.ts';
import { silent } from '../src/log.ts';
import { login } from './login.ts';
import { folder, greeted, running, runningWith, TestClock } from './running.ts';
import { jidOf } from './wire-client.ts';

async function note(rest: string, caller: FeatureCaller, services: FeatureServices) {
  const [sub, key = '', ...words] = rest.trim().split(' ');
  switch (sub?.toUpperCase()) {
    case 'SET':
      await services.apply([{ do: 'put', key: `notes:${key}`, value: words.join(' ') }]);
      return undefined;
    case 'GET':
      return (await services.read([`notes:${key}`])).get(`notes:${key}`)?.value ?? '';
    case 'LIST':
      return JSON.stringify([...(await services.scan('notes:', undefined, 10)).keys()]);
    case 'CALLER': {
      const { signal, rights, queues, ...rest } = caller;
      return JSON.stringify({ ...rest, rights: [...rights], queues: queues && [...queues] });
    }
    case 'LARGE':
      return 'é'.repeat(Number(key));
    default:
      throw new FaktoryError('MALFORMED', `NOTE has no subcommand ${sub}`);
  }
}

/** Pushes the job of the line once for each name; the second time its name is taken. */
async function tick(rest: string, _caller: FeatureCaller, services: FeatureServices) {
  const [name, json = ''] = rest.split(/ (.*)/s);
  const entry = services.entry(parseJob(json), { effects: [{ do: 'claim', key: `notes:tick-${name}` }] });
  const [refused] = await services.push([entry]);
  return refused ? `${refused.code} ${refused.reason}` : undefined;
}

/** Jobs that no rule refuses, as a callback is pushed. */
async function enqueue(rest: string, _caller: FeatureCaller, services: FeatureServices) {
  await services.apply([{ do: 'push', entries: [services.entry(parseJob(rest))] }]);
  return undefined;
}

/** Makes the reservation of a job last longer. */
async function longer(rest: string, { queues }: FeatureCaller, services: FeatureServices) {
  const [jid = '', seconds] = rest.split(' ');
  return `${await services.extend({ jid, queues }, Number(seconds) * 1_000_000)}`;
}

const notes: Feature = {
  name: 'notes',
  options: [],
  rights: [{ name: 'note', describe: 'reads notes', givenBy: ['fetch'] }],
  verbs: [
    {
      name: 'NOTE',
      right: { GET: 'note', SET: 'operate', LIST: 'read', CALLER: 'any', LARGE: 'any' },
      run: note,
    },
    { name: 'TICK', right: 'push', audited: true, extension: true, run: tick },
    { name: 'TRACK', right: 'note', run: enqueue },
    { name: 'LONGER', right: 'fetch', run: longer },
  ],
};
const rights = new Rights([notes]);

const audited = (dir: string): object[] =>
  readFileSync(join(dir, 'audit.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

test('a verb of a feature keeps values by effects, and answers with +OK or a bulk string', async () => {
  const dir = folder();
  const server = await runningWith([notes], { dir });
  const client = await greeted(server);
  expect(await client.ask('NOTE SET a one two')).toBe('+OK');
  expect(await client.ask('note SET a b')).toBe('-ERR unknown command note');
  expect(await client.ask('NOTE set b é')).toBe('+OK');
  expect(await client.ask('NOTE GET a')).toBe('$ one two');
  expect(await client.ask('NOTE GET b')).toBe('$ é');
  expect(await client.ask('NOTE')).toBe('-ERR NOTE has no subcommand ');
  await server.stop();
  const again = await greeted(await runningWith([notes], { dir }));
  expect(await again.json('NOTE LIST')).toEqual(['notes:a', 'notes:b']);
});

test('a line and an answer of a verb of a feature have at most 1 MiB', async () => {
  const client = await greeted(await runningWith([notes]));
  expect(await client.ask(`NOTE SET a ${'x'.repeat(1_048_576)}`)).toMatch(
    /^-ERR line longer than this verb takes: NOTE has 1048582/,
  );
  expect((await client.ask('NOTE LARGE 524288')).length).toBe(524_290);
  expect(await client.ask('NOTE LARGE 524289')).toBe(
    '-ERR the answer of NOTE has 1048578 bytes, the most is 1048576; ask for less',
  );
});

test('the handler learns who asks: name, wid, rights, queues, and whether it said EXT', async () => {
  const dir = folder();
  const secret = new TokenFile(dir, 'test', silent, rights).add('mailer', 'fetch:mail+push');
  const server = await runningWith([notes], { dir, password: 'all' });
  const [, worker] = await login(server, secret, { wid: 'w1' });
  expect(await worker.json('NOTE CALLER')).toEqual({
    who: 'token mailer',
    wid: 'w1',
    extended: false,
    rights: ['fetch', 'note', 'push'],
    queues: ['mail'],
  });
  const [, all] = await login(server, 'all');
  await all.json('EXT {"v":1}');
  expect(await all.json('NOTE CALLER')).toEqual({
    who: 'password',
    wid: '',
    extended: true,
    rights: ['push', 'fetch', 'read', 'operate', 'admin', 'note'],
  });
});

test('a token has the right of a feature by its name, or by a scope that gives it; others are refused, and the audit log says so', async () => {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test', silent, rights);
  const secrets = ['note', 'fetch', 'read', 'operate'].map((scope) => tokens.add(scope, scope));
  const server = await runningWith([notes], { dir });
  const [noter, fetcher, reader, operator] = await Promise.all(
    secrets.map(async (secret) => (await login(server, secret))[1]),
  );
  expect(await noter?.ask('NOTE GET a')).toBe('$ ');
  expect(await fetcher?.ask('NOTE GET a')).toBe('$ ');
  expect(await operator?.ask('NOTE SET a secret')).toBe('+OK');
  const before = audited(dir).length;
  expect(await reader?.ask('NOTE GET a')).toBe(
    '-ERR not permitted: NOTE GET takes the right "note", this token has "read"',
  );
  expect(await noter?.ask('NOTE SET a b')).toMatch(/^-ERR not permitted: NOTE SET takes the right "operate"/);
  expect(await noter?.ask('NOTE OTHER')).toMatch(/^-ERR not permitted: NOTE OTHER takes the right "admin"/);
  expect(audited(dir)[before - 1]).toMatchObject({ who: 'token operate', did: 'NOTE SET', ok: true });
  expect(audited(dir).slice(before)).toMatchObject([
    { who: 'token read', did: 'NOTE GET', what: 'a', ok: false },
    { who: 'token note', did: 'NOTE SET', ok: false },
    { who: 'token note', did: 'NOTE OTHER', ok: false },
  ]);
});

test('a verb that asks for it stands in the audit log, and one that does not stays out of it', async () => {
  const dir = folder();
  const client = await greeted(await runningWith([notes], { dir }));
  await client.json('EXT {"v":1}');
  await client.ask('NOTE GET a');
  expect(await client.ask('TICK t1 {"jid":"ticked-01","jobtype":"T","args":[]}')).toBe('+OK');
  expect(audited(dir).map((line) => (line as { did: string }).did)).toEqual(['TICK']);
});

test('a pushed job takes its effects in the same commit, and TAIL shows it', async () => {
  const client = await greeted(await runningWith([notes]));
  await client.json('EXT {"v":1}');
  const { next } = await client.json<{ next: number }>('TAIL {}');
  const job = (jid: string) => `{"jid":"${jid}","jobtype":"T","args":[1],"priority":7}`;
  expect(await client.ask(`TICK t1 ${job('ticked-01')}`)).toBe('+OK');
  expect(await client.ask(`TICK t1 ${job('ticked-02')}`)).toBe('$ NOTUNIQUE Job not unique');
  expect(await client.ask(`TRACK ${job('tracked-1')}`)).toBe('+OK');
  expect(await client.ask('TICK t2 {"jid":"ticked-03","jobtype":"T"}')).toMatch(/^-ERR .*args/);
  const { events } = await client.json<{ events: object[] }>(`TAIL {"after":${next}}`);
  expect(events).toMatchObject([
    { kind: 'pushed', jid: 'ticked-01' },
    { kind: 'pushed', jid: 'tracked-1' },
  ]);
  const reply = await client.ask('FETCH default');
  expect(JSON.parse(reply.slice(2))).toMatchObject({ jid: 'ticked-01', priority: 7, retry: 25 });
  expect(jidOf(await client.ask('FETCH default'))).toBe('tracked-1');
});

test('a verb of a feature makes a reservation last longer, of the queues of its caller only', async () => {
  const dir = folder();
  const clock = new TestClock();
  const secret = new TokenFile(dir, 'test', silent, rights).add('mailer', 'fetch:mail');
  const server = await runningWith([notes], { dir, clock: clock.now, password: 'all' });
  const [, all] = await login(server, 'all', { wid: 'w1' });
  await all.push('other-001', { queue: 'other', reserve_for: 60 });
  expect(await all.fetch('other')).toBe('other-001');
  const [, mailer] = await login(server, secret, { wid: 'w2' });
  expect(await mailer.ask('LONGER other-001 3600')).toMatch(/^-ERR not permitted/);
  expect(await all.ask('LONGER other-001 3600')).toBe('$ true');
  expect(await all.ask('LONGER nothing-1 3600')).toBe('$ false');
  await all.json('EXT {"v":1}');
  const found = await all.json<{ jobs: { expires_at: string }[] }>('JOBS {"filter":{"places":["working"]}}');
  expect(Date.parse(found.jobs[0]?.expires_at ?? '')).toBe(clock.now() / 1000 + 3_600_000);
});

test('a verb for extensions is unknown before EXT', async () => {
  const client = await greeted(await runningWith([notes]));
  expect(await client.ask('TICK t1 {}')).toBe('-ERR unknown command TICK');
});

test('a server without the feature refuses its verb as unknown, and its right is no scope', async () => {
  const dir = folder();
  new TokenFile(dir, 'test', silent, rights).add('noter', 'note');
  await expect(running({ dir })).rejects.toThrow(/token 1 has a scope that this server does not know/);
  const client = await greeted(await running());
  expect(await client.ask('NOTE GET a')).toBe('-ERR unknown command NOTE');
  expect(await client.ask('TRACK GET a')).toMatch(/^-ERR tracking subsystem is only available/);
  expect(() => new TokenFile(folder(), 'test').add('noter', 'note')).toThrow(
    '"note" is no scope; choose push, fetch, fetch:QUEUE,QUEUE, read, operate, admin, or several',
  );
});

const odd = (more: Partial<Feature>): Promise<unknown> =>
  runningWith([{ name: 'odd', options: [], ...more }]).then((server) => server.stop());
const run = async () => undefined;

test.each(['PUSH', 'EXT', 'FETCHB', 'END'])('a verb of a feature cannot replace %s', async (name) => {
  await expect(odd({ verbs: [{ name, right: 'any', run }] })).rejects.toThrow(
    `the feature odd cannot bring the verb "${name}": the server or another feature has this verb`,
  );
});

test('two features cannot bring the same verb or right, and a right must exist', async () => {
  const twice = [notes, { ...notes, name: 'again', rights: [] }];
  await expect(runningWith(twice)).rejects.toThrow('the feature again cannot bring the verb "NOTE"');
  await expect(odd({ rights: [{ name: 'push', describe: '' }] })).rejects.toThrow(
    'the right "push" is taken',
  );
  await expect(odd({ verbs: [{ name: 'ODD', right: 'none', run }] })).rejects.toThrow(
    'ODD of the feature odd takes the right "none", which does not exist',
  );
  await expect(odd({ verbs: [{ name: 'Odd', right: 'any', run }] })).rejects.toThrow(
    'it is no word of A to Z',
  );
});

test('an unexpected error of a verb is logged, and the connection goes on', async () => {
  const errors: string[] = [];
  const log = { ...silent, error: (text: string) => errors.push(text) };
  const broken = { name: 'BREAK', right: 'any', run: () => Promise.reject(new Error('no such row')) };
  const server = await runningWith([{ name: 'broken', options: [], verbs: [broken] }], { log });
  const client = await greeted(server);
  expect(await client.ask('BREAK')).toMatch(/^-ERR internal error/);
  await client.push('pushed-01');
  expect(errors).toMatchObject([expect.stringContaining('no such row')]);
});
