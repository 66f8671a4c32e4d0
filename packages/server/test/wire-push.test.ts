/**
 * The socket's rules: PUSH and PUSHB. What is refused and with which words, what comes out as it went in, and limits.
 */
import { expect, test } from 'vitest';
import { greeted, running } from './running.ts';
import { pushLine, type WireClient } from './wire-client.ts';

async function begin(options: Parameters<typeof running>[0] = {}) {
  const server = await running(options);
  return { server, client: await greeted(server, 'w1') };
}

/** The text of the job that this FETCH gives. */
async function text(client: WireClient, queue = 'default'): Promise<string> {
  return (await client.ask(`FETCH ${queue}`)).slice(2);
}

test.each([
  '[12345678901234567890,-0,1.0,1e3,1E+400,0.1000]',
  '[{"b":1,"a":2,"":{"10":1,"9":2}}]',
  '["\\u00e9é\\ud83d\\ude00\\/\\u003c<>&\\u2028",""]',
  '[[[[]]],{},null,true,false]',
])('args come out byte for byte: %s', async (args) => {
  const { client } = await begin();
  const custom = '{"z":1.50,"a":12345678901234567890}';
  expect(await client.ask(`PUSH {"jid":"text-0001","jobtype":"T","args":${args},"custom":${custom}}`)).toBe(
    '+OK',
  );
  const job = await text(client);
  expect(job).toContain(`"args":${args}`);
  expect(job).toContain(`"custom":${custom}`);
});

test('white space outside strings goes, inside it stays', async () => {
  const { client } = await begin();
  expect(
    await client.ask(
      'PUSH { "jid" : "text-0001",\t"jobtype":"T" , "args":[ 1 , " a  b " , { "k" : [ ] } ] }',
    ),
  ).toBe('+OK');
  expect(await text(client)).toContain('"args":[1," a  b ",{"k":[]}]');
});

test('unknown fields are dropped, nulls are absent, and no null is ever made', async () => {
  const { client } = await begin();
  const fields =
    '"blargh":1,"custom":null,"at":null,"retry":null,"queue":null,"priority":null,"reserve_for":null,"failure":null';
  expect(await client.ask(`PUSH {"jid":"text-0001","jobtype":"T","args":[],${fields}}`)).toBe('+OK');
  const job = JSON.parse(await text(client));
  expect(Object.keys(job).sort()).toEqual([
    'args',
    'created_at',
    'enqueued_at',
    'jid',
    'jobtype',
    'queue',
    'reserve_for',
    'retry',
  ]);
  expect(job).toMatchObject({ queue: 'default', retry: 25 });
});

test('created_at and a failure are kept as they were sent; enqueued_at is the server’s', async () => {
  const { client } = await begin();
  const failure = { retry_count: 3, remaining: 2, failed_at: '2020-01-01T00:00:00Z' };
  const sent = { created_at: 'once', enqueued_at: '2020-01-01T00:00:00Z', failure };
  await client.push('text-0001', sent);
  const job = JSON.parse(await text(client));
  expect(job).toMatchObject({ created_at: 'once', failure });
  expect(job.enqueued_at).not.toBe(sent.enqueued_at);
});

test('the default of 25 retries is not changed by another job’s own number', async () => {
  const { client } = await begin();
  await client.push('own-00001', { retry: -1 });
  await client.push('plain-001');
  expect(JSON.parse(await text(client)).retry).toBe(-1);
  expect(JSON.parse(await text(client)).retry).toBe(25);
});

test('a job for later with an illegal queue is refused when it is pushed', async () => {
  const { server, client } = await begin();
  const said = await client.ask(pushLine('later-001', { queue: 'no spaces', at: '2099-01-01T00:00:00Z' }));
  expect(said).toBe('-ERR cannot get "no spaces" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z');
  expect((await server.info()).faktory.sets.scheduled).toBe(0);
});

test.each([
  ['trailing junk', '{"jid":"job-00001","jobtype":"T","args":[]} x'],
  ['two values', '{"jid":"job-00001","jobtype":"T","args":[]}{}'],
  ['a retry that is no integer', '{"jid":"job-00001","jobtype":"T","args":[],"retry":5.0}'],
  ['a retry in quotes', '{"jid":"job-00001","jobtype":"T","args":[],"retry":"5"}'],
  ['args that are no array', '{"jid":"job-00001","jobtype":"T","args":{}}'],
  ['custom that is no object', '{"jid":"job-00001","jobtype":"T","args":[],"custom":[]}'],
  ['an array', '[]'],
  ['a jid that is no text', '{"jid":12345678901,"jobtype":"T","args":[]}'],
])('%s is invalid JSON, and the connection lives on', async (_, payload) => {
  const { server, client } = await begin();
  expect(await client.ask(`PUSH ${payload}`)).toMatch(/^-ERR invalid JSON: /);
  await client.push('lives-on1');
  expect((await server.info()).faktory.queues).toEqual({ default: 1 });
});

test('a jid has at least 8 bytes, not characters', async () => {
  const { client } = await begin();
  expect(await client.ask(pushLine('éééé'))).toBe('+OK');
  expect(await client.ask(pushLine('1234567'))).toBe('-ERR jobs must have a reasonable jid parameter');
});

test('PUSHB with one unreadable job pushes none', async () => {
  const { server, client } = await begin();
  const good = '{"jid":"job-00001","jobtype":"T","args":[]}';
  for (const bad of ['{"jid":5}', '5', '{"jid":"job-00002","jobtype":"T","args":[],"retry":"x"}', '{']) {
    expect(await client.ask(`PUSHB [${good},${bad},${good}]`)).toMatch(/^-ERR invalid JSON: /);
  }
  expect(await client.ask(`PUSHB ${good}`)).toMatch(/^-ERR invalid JSON: /);
  expect((await server.info()).faktory.queues).toEqual({});
});

test('PUSHB names the refused by jid; those without one share the empty name', async () => {
  const { server, client } = await begin();
  const jobs = [
    { jobtype: 'T', args: [] },
    { jid: 'job-00001', jobtype: 'T', args: [] },
    { jobtype: 'T' },
    { jid: 'job-00002' },
  ];
  expect(await client.json(`PUSHB ${JSON.stringify(jobs)}`)).toEqual({
    '': 'jobs must have a reasonable jid parameter',
    'job-00002': 'jobs must have a jobtype parameter',
  });
  expect((await server.info()).faktory.queues).toEqual({ default: 1 });
});

test('PUSHB of 1,000 keeps their order; those for later go to scheduled', async () => {
  const { server, client } = await begin();
  const jobs = Array.from({ length: 1000 }, (_, n) => ({
    jid: `bulk-${String(n).padStart(4, '0')}`,
    jobtype: 'T',
    args: [n],
    ...(n % 2 === 1 ? { at: '2099-01-01T00:00:00Z' } : {}),
  }));
  expect(await client.json(`PUSHB ${JSON.stringify(jobs)}`)).toEqual({});
  expect((await server.info()).faktory).toMatchObject({ queues: { default: 500 }, sets: { scheduled: 500 } });
  for (let n = 0; n < 500; n++) expect(await client.fetch()).toBe(`bulk-${String(n * 2).padStart(4, '0')}`);
});

test('PUSHB over its limit is refused whole, in words that say the limit', async () => {
  const { server, client } = await begin({ maxBulkJobs: 10 });
  const bulk = (count: number): string =>
    `PUSHB ${JSON.stringify(Array.from({ length: count }, (_, n) => ({ jid: `bulk-000${n}`, jobtype: 'T', args: [] })))}`;
  const said = await client.ask(bulk(11));
  expect(said).toMatch(/^-ERR .*\b11\b.*\b10\b/);
  expect((await server.info()).faktory.queues).toEqual({});
  expect(await client.json(bulk(10))).toEqual({});
});

test('a queue at its limit refuses pushes in words that say it, and takes jobs again when there is room', async () => {
  const { client } = await begin({ maxQueueLength: 2 });
  await client.push('job-00001');
  await client.push('job-00002');
  expect(await client.ask(pushLine('job-00003'))).toMatch(
    /^-ERR default is too large, currently 2, max size is 2$/,
  );
  const bulk = [
    { jid: 'job-00004', jobtype: 'T', args: [] },
    { jid: 'other-001', jobtype: 'T', args: [], queue: 'other' },
  ];
  const refused = await client.json(`PUSHB ${JSON.stringify(bulk)}`);
  expect(Object.keys(refused)).toEqual(['job-00004']);
  expect(await client.fetch()).toBe('job-00001');
  await client.push('job-00005');
});
