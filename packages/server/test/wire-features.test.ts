/**
 * Unique and expiring jobs over a real socket, with the clock moved by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTime, type JobDetail, type JobText, parseJob } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { features } from '../src/features/features.ts';
import type { Feature } from '../src/jobs/feature.ts';
import { Jobs } from '../src/jobs/jobs.ts';
import { silent } from '../src/log.ts';
import { eventually, folder, greeted, prepared, running, TestClock } from './running.ts';
import { ask } from './web.ts';
import type { WireClient } from './wire-client.ts';

let number = 0;
const push = (client: WireClient, custom: object, more: object = {}): Promise<string> =>
  client.ask(
    `PUSH ${JSON.stringify({ jid: `feature-${++number}`, jobtype: 'T', args: [1, { a: 1, b: 2 }], custom, ...more })}`,
  );

async function started() {
  const clock = new TestClock();
  const server = await running({ dir: folder(), clock: clock.now, http: {} });
  return { clock, server, client: await greeted(server), worker: await greeted(server, 'w1') };
}

const fetched = async (worker: WireClient, queue = 'default'): Promise<string | undefined> => {
  const reply = await worker.ask(`FETCH ${queue}`);
  return /"jid":"([^"]+)"/.exec(reply)?.[1];
};

const NOT_UNIQUE = '-NOTUNIQUE Job not unique';

test('a unique job refuses equal ones until it succeeds; another queue, jobtype or argument is not equal', async () => {
  const { client, worker } = await started();
  const first = { unique_for: 60 };
  expect(await push(client, first)).toBe('+OK');
  expect(await push(client, first)).toBe(NOT_UNIQUE);
  expect(await push(client, first, { args: [1, { b: 2, a: 1 }] })).toBe(NOT_UNIQUE);
  expect(await push(client, {})).toBe('+OK'); // asks for nothing
  for (const other of [{ queue: 'other' }, { jobtype: 'U' }, { args: [1] }])
    expect(await push(client, first, other)).toBe('+OK');
  const jid = await fetched(worker);
  expect(await push(client, first)).toBe(NOT_UNIQUE);
  await worker.ask(`FAIL {"jid":"${jid}","errtype":"E","message":"no"}`);
  expect(await push(client, first)).toBe(NOT_UNIQUE);
});

test('the name is free after success, after the start with unique_until start, after unique_for, and when the job is deleted', async () => {
  const { client, worker, clock } = await started();
  await push(client, { unique_for: 60 });
  await worker.ask(`ACK {"jid":"${await fetched(worker)}"}`);
  expect(await push(client, { unique_for: 60 })).toBe('+OK');
  await client.ask('QUEUE REMOVE default');
  expect(await push(client, { unique_for: 0.5 })).toBe('+OK');
  expect(await push(client, { unique_for: 0.5 })).toBe(NOT_UNIQUE);
  clock.move(0.5);
  expect(await push(client, { unique_for: '600', unique_until: 'start' })).toBe('+OK');
  expect(await push(client, { unique_for: '600', unique_until: 'start' })).toBe(NOT_UNIQUE);
  await fetched(worker);
  await fetched(worker);
  expect(await push(client, { unique_for: 60 })).toBe('+OK');
});

test('the delay of a scheduled job is added to unique_for', async () => {
  const { client, clock } = await started();
  const at = new Date(clock.now() / 1000 + 60_000).toISOString();
  expect(await push(client, { unique_for: 10 }, { at })).toBe('+OK');
  clock.move(65);
  expect(await push(client, { unique_for: 10 })).toBe(NOT_UNIQUE);
  clock.move(5);
  expect(await push(client, { unique_for: 10 })).toBe('+OK');
});

test('PUSHB stores the first of equal jobs and names the others', async () => {
  const { client } = await started();
  const job = (jid: string) => ({ jid, jobtype: 'T', args: [], custom: { unique_for: 60 } });
  const reply = await client.ask(`PUSHB ${JSON.stringify([job('unique-001'), job('unique-002')])}`);
  expect(JSON.parse(reply.slice(2))).toEqual({ 'unique-002': 'NOTUNIQUE Job not unique' });
});

const UNIQUE = '"custom":{"unique_for":60}';
const deep = (jid: string, inside: string, levels = 9999): string =>
  `{"jid":"${jid}","jobtype":"T","args":${'['.repeat(levels)}${inside}${']'.repeat(levels)},${UNIQUE}}`;

test('unique jobs may nest 10,000 levels, alone and in a PUSHB', async () => {
  const { client } = await started();
  expect(await client.ask(`PUSH ${deep('deep-0001', '{"a":1,"b":2}')}`)).toBe('+OK');
  expect(await client.ask(`PUSH ${deep('deep-0002', '{"b":2,"a":1}')}`)).toBe(NOT_UNIQUE);
  const plain = '{"jid":"plain-0001","jobtype":"T","args":[]}';
  const bulk = `PUSHB [${deep('deep-0003', '{"b":2,"a":1}')},${plain},${deep('deep-0004', '{"b":3,"a":1}')}]`;
  expect(await client.json(bulk)).toEqual({ 'deep-0003': 'NOTUNIQUE Job not unique' });
});

test('equal jobs are refused when their options are read in parts: in a long PUSH, a long PUSHB, and by HTTP', async () => {
  const { client, server } = await started();
  const args = (keys: string[], fill: number): string =>
    `[{${keys.map((key) => `"${key}":"${key.repeat(fill)}"`).join(',')}}]`;
  for (const fill of [40_000, 300_000]) {
    const job = (jid: string, keys: string[]): string =>
      `{"jid":"${jid}-${fill}","jobtype":"T","args":${args(keys, fill)},${UNIQUE}}`;
    expect(await client.ask(`PUSH ${job('long-01', ['a', 'b'])}`)).toBe('+OK');
    expect(await client.ask(`PUSH ${job('long-02', ['b', 'a'])}`)).toBe(NOT_UNIQUE);
    expect(await client.json(`PUSHB [${job('long-03', ['b', 'a'])},${job('long-04', ['c', 'd'])}]`)).toEqual({
      [`long-03-${fill}`]: 'NOTUNIQUE Job not unique',
    });
    const headers = { 'content-type': 'application/json' };
    const asked = { method: 'POST', headers, body: job('long-05', ['d', 'c']) };
    const answer = await fetch(`http://127.0.0.1:${server.httpPort}/api/jobs`, asked);
    expect(answer.status).toBe(409);
  }
});

test('in a long PUSHB a job with a wrong option is refused, and the others are stored; a long PUSH with one is refused', async () => {
  const { client } = await started();
  const wrong = (jid: string): string =>
    `{"jid":"${jid}","jobtype":"T","args":["${'x'.repeat(100_000)}"],"custom":{"unique_for":"soon"}}`;
  const bulk = `PUSHB [${wrong('wrong-0001')},{"jid":"right-0001","jobtype":"T","args":[]}]`;
  const refused = await client.json<Record<string, string>>(bulk);
  expect(Object.keys(refused)).toEqual(['wrong-0001']);
  expect(refused['wrong-0001']).toMatch(/unique_for is "soon"/);
  expect(await client.ask(`PUSH ${wrong('wrong-0002')}`)).toMatch(/^-ERR unique_for is "soon"/);
  expect(await client.ask('PUSH {"jid":"right-0002","jobtype":"T","args":[]}')).toBe('+OK');
});

test('a named producer goes on behind long unique jobs, taken or refused', async () => {
  const { client } = await started();
  await client.ask('EXT {"v":1,"producer":"deep-producer"}');
  const long = (jid: string, custom: string): string =>
    `PUSH {"jid":"${jid}","jobtype":"T","args":["${'x'.repeat(100_000)}"],"custom":${custom}}`;
  expect(await client.ask(long('named-001', '{"unique_for":60}'))).toBe('+OK');
  expect(await client.ask(long('named-002', '{"unique_for":60}'))).toBe(NOT_UNIQUE);
  expect(await client.ask(long('named-003', '{"unique_for":0}'))).toMatch(/unique_for is 0/);
  expect(await client.ask(`PUSH ${deep('named-004', '{}')}`)).toBe('+OK');
  expect(await client.ask('EXT {"v":1,"producer":"deep-producer"}')).toMatch(/"pushed":4/);
});

test.each([
  '{"\\u0075nique_for":60}',
  '{"unique\\u005ffor":60,"unique_until":"st\\u0061rt"}',
  '{"x":"unique_for","unique_fo\\u0072":60}',
])('an option counts however its key is written: %s', async (custom) => {
  const { client } = await started();
  const job = (jid: string): string => `PUSH {"jid":"${jid}","jobtype":"T","args":[],"custom":${custom}}`;
  expect(await client.ask(job('escape-01'))).toBe('+OK');
  expect(await client.ask(job('escape-02'))).toBe(NOT_UNIQUE);
});

test('an unexpected error of a feature refuses its job alone with INVALID, and the log has it once', async () => {
  const backend = sqliteBackend({ dir: folder(), sync: 'off', clock: () => Date.now() * 1000 });
  await backend.engine.open();
  const errors: string[] = [];
  const broken: Feature = {
    name: 'broken',
    options: ['broken_by'],
    onPush() {
      throw new RangeError('Maximum call stack size exceeded');
    },
  };
  const jobs = new Jobs(backend, 3, 10, [broken], { ...silent, error: (text) => errors.push(text) });
  try {
    const [bad, good] = [{ custom: { broken_by: 1 } }, {}].map((more, index) =>
      parseJob(JSON.stringify({ jid: `broken-${index}`, jobtype: 'T', args: [], ...more })),
    ) as [JobText, JobText];
    const text =
      /^the server failed to read broken_by in custom \(its log says why\); push the job without it$/;
    expect(await jobs.pushBulk([bad, good])).toEqual({ 'broken-0': expect.stringMatching(text) });
    expect(() => jobs.push(bad)).toThrow(expect.objectContaining({ code: 'INVALID' }));
    expect(errors).toEqual([expect.stringMatching(/feature broken .*call stack/)]);
  } finally {
    jobs.close();
    await backend.engine.close();
  }
});

test.each([
  [{ unique_for: 0 }, /unique_for is 0; give seconds above 0/],
  [{ unique_for: -1 }, /unique_for is -1/],
  [{ unique_for: 'soon' }, /unique_for is "soon"/],
  [{ unique_for: 5, unique_until: 'end' }, /unique_until is "end"; use "success" or "start"/],
  [{ expires_in: 0 }, /expires_in is 0/],
  [{ expires_at: 'tomorrow' }, /expires_at is "tomorrow"; give a time like/],
])('%j is refused at the push, and the connection goes on', async (custom, text) => {
  const { client } = await started();
  expect(await push(client, custom)).toMatch(text);
  expect(await push(client, {})).toBe('+OK');
});

test('a job that expired is deleted by the FETCH that meets it, and is neither processed nor failed', async () => {
  const { client, worker, clock, server } = await started();
  await push(client, { expires_in: 3 });
  const at = new Date(clock.now() / 1000 + 3000).toISOString().replace('Z', '456789+00:00');
  await push(client, { expires_at: at });
  await push(client, {}, { jid: 'in-time-1' });
  clock.move(6);
  expect(await fetched(worker)).toBe('in-time-1');
  const { faktory } = await server.info();
  expect([faktory.total_processed, faktory.total_failures, faktory.total_enqueued]).toEqual([0, 0, 0]);
  const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
  expect(metrics).toContain('faktory_jobs_expired_total 2');
});

test('scheduled jobs and retries that expired are deleted without a fetch, and give up their names', async () => {
  const { client, clock, server } = await started();
  const at = new Date(clock.now() / 1000 + 60_000).toISOString();
  await push(client, { expires_in: 10, unique_for: 3600 }, { at });
  clock.move(10);
  await eventually(async () => (await server.info()).faktory.tasks.Scheduled.size === 0);
  expect(await push(client, { unique_for: 60 })).toBe('+OK');
});

test('EXT says which features the server has', async () => {
  const { client } = await started();
  expect(await client.json('EXT {"v":1}')).toMatchObject({ features: ['unique', 'expiry'] });
});

test.each(features.map((feature) => [feature.name, feature] as const))(
  'without the feature %s a server takes its options and does nothing; no other file names it',
  async (name, feature) => {
    const backend = sqliteBackend({ dir: folder(), sync: 'off', clock: () => Date.now() * 1000 });
    await backend.engine.open();
    try {
      const jobs = new Jobs(
        backend,
        3,
        10,
        features.filter((each) => each !== feature),
      );
      const custom = JSON.stringify(Object.fromEntries(feature.options.map((key) => [key, 1])));
      const job = parseJob(`{"jid":"without-01","jobtype":"T","args":[],"custom":${custom}}`);
      for (let time = 0; time < 2; time++) await jobs.push(job);
      expect((await backend.engine.sizes()).processed).toBe(0);
      expect(await backend.engine.queues()).toMatchObject([{ size: 2 }]);
      jobs.close();
    } finally {
      await backend.engine.close();
    }
    const src = new URL('../src', import.meta.url).pathname;
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.includes('.test.') && !file.startsWith('features/'),
    );
    const naming = files.filter((file) =>
      new RegExp(`features/${name === 'expiry' ? 'expiring' : name}/`).test(
        readFileSync(join(src, file), 'utf8'),
      ),
    );
    expect(naming).toEqual([]);
  },
);

test('the page of an expiring job has the time at which it is deleted, and that of another job has none', async () => {
  const { client, server, clock } = await started();
  await push(client, { expires_in: 60 }, { jid: 'expires-1' });
  await push(client, { expires_at: '2030-01-01T00:00:00Z' }, { jid: 'expires-2', queue: 'b' });
  await push(client, {}, { jid: 'remains-1', queue: 'c' });
  const deadlineOf = async (jid: string): Promise<string | undefined> =>
    (await ask(server, `/api/jobs/${jid}`)).json<JobDetail>().deadline;
  expect(await deadlineOf('expires-1')).toBe(formatTime(clock.now() + 60_000_000));
  expect(await deadlineOf('expires-2')).toBe('2030-01-01T00:00:00Z');
  expect(await deadlineOf('remains-1')).toBeUndefined();
});

test('the page of a unique job has the time at which equal jobs are accepted again, while it holds its name', async () => {
  const { client, worker, server, clock } = await started();
  await push(client, { unique_for: 60 }, { jid: 'holds-01' });
  await push(client, { unique_for: 60, unique_until: 'start' }, { jid: 'holds-02', queue: 'b' });
  await push(client, {}, { jid: 'plain-01', queue: 'c' });
  const namesOf = async (jid: string) => (await ask(server, `/api/jobs/${jid}`)).json<JobDetail>().names;
  const name = { feature: 'unique', until: formatTime(clock.now() + 60_000_000) };
  expect(await namesOf('holds-01')).toEqual([name]);
  expect(await namesOf('holds-02')).toEqual([name]);
  expect(await namesOf('plain-01')).toBeUndefined();
  await fetched(worker);
  await fetched(worker, 'b');
  expect(await namesOf('holds-01')).toEqual([name]);
  expect(await namesOf('holds-02')).toEqual([]);
});

test('lengths that reach beyond all times are stored, hold no client up, and can be read after a restart', async () => {
  const dir = folder();
  const clock = new TestClock();
  const first = prepared({ dir, clock: clock.now });
  await first.start();
  const client = await greeted(first);
  const lengths = [1e10, 8e9, 1e15, 9e15, 1e17, 1e300, '1e308'];
  let count = 0;
  for (const length of lengths) {
    for (const custom of [{ unique_for: length }, { expires_in: length }]) {
      const at = '9999-12-30T00:00:00Z';
      expect(await push(client, custom, { args: [++count] })).toBe('+OK');
      expect(await push(client, custom, { args: [count, 'later'], at })).toBe('+OK');
    }
  }
  expect(await push(client, { unique_for: 1e10 }, { args: [1] })).toBe(NOT_UNIQUE);
  await first.stop();
  const server = await running({ dir, clock: clock.now, http: {} });
  const worker = await greeted(server, 'w1');
  for (let job = 0; job < count; job++) expect(await fetched(worker)).toBeDefined();
  expect((await ask(server, '/api/jobs?places=scheduled')).status).toBe(200);
  expect((await server.info()).faktory.tasks.Scheduled.size).toBe(count);
});
