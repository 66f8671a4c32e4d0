import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobDetail, JobRows, QueueRow, WorkersStatus } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { Server, ServerOptions } from '../src/index.ts';
import { folder, greeted, running } from './running.ts';
import { ask } from './web.ts';

const opened = (options: ServerOptions = {}): Promise<Server> => running({ http: {}, ...options });

const push = (server: Server, job: object): Promise<{ status: number }> =>
  ask(server, '/api/jobs', { body: { jid: 'job-00001', jobtype: 'Mail', args: [], ...job } });

const rows = async (server: Server, query = ''): Promise<JobRows> =>
  (await ask(server, `/api/jobs?${query}`)).json<JobRows>();

test('a job that is pushed by HTTP is handed out as it was written', async () => {
  const server = await opened();
  const body = '{"jobtype":"Mail","args":[12345678901234567890, 1.0, "\\u00e9"],"custom":{"a":1e3}}';
  const { jid } = (await ask(server, '/api/jobs', { body })).json<{ jid: string }>();
  const worker = await greeted(server, 'w1');
  const text = await worker.ask('FETCH default');
  expect(text).toContain(`"jid":"${jid}"`);
  expect(text).toContain('"args":[12345678901234567890,1.0,"\\u00e9"]');
  expect(text).toContain('"custom":{"a":1e3}');
});

test.each([
  ['no JSON', '{"jobtype"', /invalid JSON/],
  ['no jobtype', '{"args":[]}', /jobtype/],
  ['no arguments', '{"jobtype":"A"}', /args/],
  ['a bad queue', '{"jobtype":"A","args":[],"queue":"a b"}', /queue/],
])('a push with %s is refused with what is wrong', async (_, body, error) => {
  const answer = await ask(await opened(), '/api/jobs', { body });
  expect(answer.status).toBe(400);
  expect(answer.json().error).toMatch(error);
});

test('jobs of one queue come in the order in which they are handed out', async () => {
  const server = await opened();
  await push(server, { jid: 'low-00001', priority: 1 });
  await push(server, { jid: 'mid-00001' });
  await push(server, { jid: 'mid-00002' });
  await push(server, { jid: 'high-0001', priority: 9 });
  const { jobs, scanned, total } = await rows(server, 'places=ready&queues=default');
  expect(jobs.map(({ jid }) => jid)).toEqual(['high-0001', 'mid-00001', 'mid-00002', 'low-00001']);
  expect([scanned, total]).toEqual([4, 4]);
});

test('filters join, lists are repeated, and a cursor goes on', async () => {
  const server = await opened();
  for (const [index, queue] of ['a', 'a', 'b', 'c'].entries())
    await push(server, { jid: `job-0000${index}`, queue, args: [{ n: index }] });
  expect((await rows(server, 'queues=a&queues=b')).jobs).toHaveLength(3);
  expect((await rows(server, `queues=a&text=${encodeURIComponent('"n":1')}`)).jobs).toHaveLength(1);
  const first = await rows(server, 'queues=a&limit=1');
  const second = await rows(server, `queues=a&limit=1&cursor=${encodeURIComponent(first.next ?? '')}`);
  expect([first, second].map(({ jobs }) => jobs[0]?.jid)).toEqual(['job-00000', 'job-00001']);
  const { count } = (await ask(server, '/api/jobs/count?queues=a')).json();
  expect(count).toBe(2);
});

test.each([
  'places=nowhere',
  'priorities=10',
  'limit=0',
  'limit=many',
  'cursor=none',
  'from=yesterday',
  'unknown=1',
])('a search with %s is refused', async (query) => {
  const answer = await ask(await opened(), `/api/jobs?${query}`);
  expect([answer.status, answer.json().code]).toEqual([400, expect.stringMatching(/MALFORMED|INVALID/)]);
});

test('long arguments are cut in a list, and whole in a job and in its file', async () => {
  const server = await opened();
  const long = 'ä'.repeat(5000);
  await push(server, { args: [long] });
  const [row] = (await rows(server)).jobs;
  expect(row?.args_cut).toBe(true);
  expect(Buffer.byteLength(row?.args ?? '')).toBeLessThanOrEqual(1024);
  const detail = (await ask(server, '/api/jobs/job-00001')).json<JobDetail>();
  expect(JSON.parse(detail.job).args).toEqual([long]);
  expect(detail.job_cut).toBe(false);
  const raw = await ask(server, '/api/jobs/job-00001/raw');
  expect(raw.headers['content-disposition']).toBe('attachment; filename="job-00001.json"');
  expect(raw.json().args).toEqual([long]);
});

test('a job of 5 MB comes cut to one and says so', async () => {
  const server = await opened();
  await push(server, { args: ['x'.repeat(5_000_000)] });
  const detail = (await ask(server, '/api/jobs/job-00001')).json<JobDetail>();
  expect(detail.job_cut).toBe(true);
  expect(detail.job).toHaveLength(1024 * 1024);
  expect(detail.bytes).toBeGreaterThan(5_000_000);
  expect((await ask(server, '/api/jobs/job-00001/raw')).text).toHaveLength(detail.bytes);
});

test('what ActiveJob wraps is shown by its own name and arguments', async () => {
  const server = await opened();
  const jobtype = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
  await push(server, { jobtype, args: [{ arguments: [1, 'b'] }], custom: { wrapped: 'CleanUp' } });
  const mail = { arguments: ['UserMailer', 'welcome', 'deliver_now', 7] };
  await push(server, {
    jid: 'job-00002',
    jobtype,
    args: [mail],
    custom: { wrapped: 'ActionMailer::DeliveryJob' },
  });
  const { jobs } = await rows(server);
  expect(jobs.map(({ display }) => display)).toEqual(['CleanUp', 'UserMailer#welcome']);
  expect(jobs.map(({ args }) => args)).toEqual(['[1,"b"]', '["UserMailer","welcome","deliver_now",7]']);
  expect(new Set(jobs.map((job) => job.jobtype))).toEqual(new Set([jobtype]));
});

test('numbers and escapes are shown as they were written, wrapped by ActiveJob or beside hidden values', async () => {
  const server = await opened({ http: { redact: ['password'] } });
  const wrapper = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
  const inner = '["UserMailer","welcome",12345678901234567890,1.0,"\\u00e9",{"password":"x","n":1e3}]';
  const custom = '{"wrapped":"ActionMailer::DeliveryJob","id":3889108265204450030,"password":2.0}';
  const job = `{"jid":"job-00001","jobtype":"${wrapper}","args":[{"arguments":${inner},"id":1.0}],"custom":${custom}}`;
  expect(await (await greeted(server)).ask(`PUSH ${job}`)).toBe('+OK');
  const hidden = (text: string): string => text.replace(/("password":)("x"|2\.0)/, '$1"•••"');
  const [row] = (await rows(server)).jobs;
  expect([row?.display, row?.args]).toEqual(['UserMailer#welcome', hidden(inner)]);
  const { job: alone } = (await ask(server, '/api/jobs/job-00001')).json<JobDetail>();
  const { text: raw } = await ask(server, '/api/jobs/job-00001/raw');
  for (const whole of [alone, raw]) {
    expect(whole).toContain(`"args":[{"arguments":${hidden(inner)},"id":1.0}]`);
    expect(whole).toContain(`"custom":${hidden(custom)}`);
  }
});

test('a job says why it does not run', async () => {
  const server = await opened();
  const why = async (jid: string): Promise<JobDetail['why']> =>
    (await ask(server, `/api/jobs/${jid}`)).json<JobDetail>().why;
  await push(server, { jid: 'job-00001' });
  await push(server, { jid: 'job-00002' });
  expect(await why('job-00002')).toMatchObject({ code: 'no_worker', ahead: 1 });
  const worker = await greeted(server, 'w1');
  await worker.ask('FETCH default');
  expect(await why('job-00001')).toMatchObject({ code: 'running', wid: 'w1' });
  expect(await why('job-00002')).toMatchObject({ code: 'next', ahead: 0 });
  await push(server, { jid: 'job-00003' });
  expect(await why('job-00003')).toMatchObject({ code: 'behind', ahead: 1 });
  await ask(server, '/api/workers/signal', { body: { wid: 'w1', state: 'quiet' } });
  expect(await why('job-00002')).toMatchObject({ code: 'workers_quiet' });
  await ask(server, '/api/queues/default/pause', { method: 'POST' });
  expect(await why('job-00002')).toMatchObject({ code: 'paused' });
  await push(server, { jid: 'job-00004', at: '2100-01-01T00:00:00Z' });
  expect(await why('job-00004')).toMatchObject({ code: 'waiting', until: '2100-01-01T00:00:00Z' });
  await worker.ask('FAIL {"jid":"job-00001","errtype":"E","message":"m"}');
  expect(await why('job-00001')).toMatchObject({ code: 'retrying' });
  await ask(server, '/api/jobs/change', { body: { action: 'kill', jids: ['job-00001'] } });
  expect(await why('job-00001')).toMatchObject({ code: 'dead' });
});

test('a job that is not there is 404, in words', async () => {
  const answer = await ask(await opened(), '/api/jobs/nobody');
  expect([answer.status, answer.json().code]).toEqual([404, 'NOT_FOUND']);
});

test('changes are those of the wire, and one that names no jobs is refused', async () => {
  const server = await opened();
  await push(server, { jid: 'job-00001' });
  const change = (body: object) => ask(server, '/api/jobs/change', { body });
  expect((await change({ action: 'move', jids: ['job-00001'], queue: 'other' })).json()).toMatchObject({
    changed: 1,
  });
  expect((await rows(server, 'queues=other')).jobs).toHaveLength(1);
  expect((await change({ action: 'discard' })).status).toBe(400);
  expect((await change({ action: 'burn', places: ['dead'] })).status).toBe(400);
});

test('a queue is told with its sizes by priority, since when it waits, and who asks for it', async () => {
  const server = await opened();
  await push(server, { jid: 'job-00001', queue: 'mail', priority: 9 });
  await push(server, { jid: 'job-00002', queue: 'mail' });
  const worker = await greeted(server, 'w1');
  await worker.ask('FETCH other mail');
  const { queues } = (await ask(server, '/api/queues')).json<{ queues: QueueRow[] }>();
  expect(queues).toMatchObject([
    { name: 'mail', size: 1, paused: false, priorities: [0, 0, 0, 0, 1, 0, 0, 0, 0], workers: 1 },
  ]);
  expect(Date.parse(queues[0]?.oldest_at ?? '')).toBeLessThanOrEqual(Date.now());
});

test('a queue is paused, resumed and removed by its name, also one with a point in it', async () => {
  const server = await opened();
  await push(server, { queue: 'a.b-c_1' });
  const act = (what: string) => ask(server, `/api/queues/a.b-c_1/${what}`, { method: 'POST' });
  const paused = async () => (await ask(server, '/api/queues/a.b-c_1')).json<QueueRow>().paused;
  expect((await act('pause')).status).toBe(204);
  expect(await paused()).toBe(true);
  await act('resume');
  expect(await paused()).toBe(false);
  await act('remove');
  expect((await ask(server, '/api/queues/a.b-c_1')).status).toBe(404);
  expect((await act('pause')).status).toBe(404);
});

test('workers tell how many jobs they run at once', async () => {
  const server = await opened();
  const worker = await greeted(server, 'w1');
  await worker.ask('BEAT {"wid":"w1","slots":30}');
  await worker.ask('BEAT {"wid":"w1","slots":"many"}');
  const { workers } = (await ask(server, '/api/workers')).json<WorkersStatus>();
  expect(workers).toMatchObject([{ wid: 'w1', slots: 30 }]);
  const live = (await ask(server, '/api/live?topics=stats')).json();
  expect(live).toMatchObject({ stats: { slots: 30 } });
});

test('workers are told with what they run, and a signal reaches one or all', async () => {
  const server = await opened();
  await push(server, {});
  const worker = await greeted(server, 'w1');
  await worker.ask('FETCH default');
  const { workers } = (await ask(server, '/api/workers')).json<WorkersStatus>();
  expect(workers).toMatchObject([
    { wid: 'w1', state: 'running', jobs: [{ jid: 'job-00001', jobtype: 'Mail' }] },
  ]);
  const signal = (wid: string) => ask(server, '/api/workers/signal', { body: { wid, state: 'quiet' } });
  expect((await signal('all')).json()).toEqual({ signalled: 1 });
  expect((await signal('nobody')).status).toBe(404);
  expect(await worker.ask('BEAT {"wid":"w1"}')).toContain('quiet');
});

test('hidden values are shown nowhere, and cannot be searched for', async () => {
  const server = await opened({ http: { redact: ['password', 'Card:0', 'Inner:1'] } });
  await push(server, { args: [{ user: { password: 'hunter2', name: 'ann' } }] });
  await push(server, { jid: 'job-00002', jobtype: 'Card', args: ['4111-1111', 3] });
  const jobtype = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
  const args = [{ arguments: ['ann', 'hunter2'] }];
  await push(server, { jid: 'job-00003', jobtype, args, custom: { wrapped: 'Inner' } });
  const pages = [
    '/api/jobs',
    '/api/jobs/job-00003',
    '/api/jobs/job-00003/raw',
    '/api/jobs/job-00001',
    '/api/jobs/job-00001/raw',
    '/api/jobs/job-00002',
    '/api/jobtypes',
  ];
  for (const path of pages) {
    const { status, text } = await ask(server, path);
    expect([path, status]).toEqual([path, 200]);
    expect(text).not.toMatch(/hunter2|4111/);
  }
  expect((await ask(server, '/api/jobs/job-00001')).text).toContain('ann');
  expect((await ask(server, '/api/jobs?text=hunter')).status).toBe(403);
  const change = { action: 'kill', places: ['ready'], text: 'hunter' };
  expect((await ask(server, '/api/jobs/change', { body: change })).status).toBe(403);
  expect(await (await greeted(server, 'w1')).ask('FETCH default')).toContain('hunter2');
});

test('a job that only looks like a mail of Ruby is shown beside the others', async () => {
  const server = await opened();
  const jobtype = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
  const custom = { wrapped: 'ActionMailer::DeliveryJob' };
  const args = [{ arguments: [{ toString: 1, valueOf: 1 }, 2] }];
  await push(server, { jobtype, args, custom });
  const { jobs } = (await ask(server, '/api/jobs')).json<JobRows>();
  expect(jobs.map(({ display }) => display)).toEqual(['ActionMailer::DeliveryJob']);
});

test('a body of 9,000 levels is refused as malformed, logged nowhere but in the audit log', async () => {
  const dir = folder();
  const said: string[] = [];
  const note = (text: string): number => said.push(text);
  const log = { debug() {}, info() {}, warn: note, error: note };
  const server = await opened({ dir, log });
  const deep = `${'['.repeat(9000)}${']'.repeat(9000)}`;
  const answer = await ask(server, '/api/jobs/change', { body: `{"action":${deep}}` });
  expect(answer.status).toBe(400);
  expect(answer.json()).toEqual({ code: 'MALFORMED', error: expect.stringMatching(/more than 64 levels/) });
  expect(said.filter((text) => /stack|unexpected/.test(text))).toEqual([]);
  await server.stop();
  expect(readFileSync(join(dir, 'audit.log'), 'utf8')).toContain('POST /api/jobs/change');
});

test('a failure with a large backtrace and large arguments of ActiveJob are shown without taking them apart', async () => {
  const server = await opened();
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const lines = JSON.stringify(Array.from({ length: 30_000 }, () => ''));
  const failure = `{"failed_at":"${at}","message":"gone","errtype":"E","backtrace":${lines},"retry_count":3,"remaining":2}`;
  const jobtype = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
  const args = `[{"arguments":[${'1,'.repeat(40_000)}1]}]`;
  const body = `{"jid":"job-00001","jobtype":"${jobtype}","args":${args},"at":"${at}","custom":{"wrapped":"Pay"},"failure":${failure}}`;
  expect((await ask(server, '/api/jobs', { body })).status).toBe(200);
  const [job] = (await rows(server)).jobs;
  expect(job).toMatchObject({ display: 'Pay', args_cut: true });
  expect(job?.args).toMatch(/^\[\{"arguments":\[1,1/);
  expect(job?.failure).toMatchObject({ errtype: 'E', message: 'gone', count: 3, remaining: 2 });
});
