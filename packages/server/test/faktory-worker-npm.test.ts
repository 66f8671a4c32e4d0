/**
 * An independent client and worker, the npm package `faktory-worker`, against our server: what its users do, it can do.
 *
 * Its `work` traps signals and its `stop` may exit the process, but only after a job has outlasted its time; here every
 * job ends at once.
 */
import { Client, type Job, Worker } from 'faktory-worker';
import { afterEach, expect, test } from 'vitest';
import type { Server, ServerOptions } from '../src/index.ts';
import { eventually, running } from './running.ts';

const clients: Client[] = [];
const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function begin(options: ServerOptions = {}): Promise<{ server: Server; client: Client }> {
  const server = await running(options);
  const client = new Client({ url: server.url });
  clients.push(client);
  return { server, client };
}

type Handler = (...args: unknown[]) => unknown;

/** A worker of these handlers; what it failed is in `failures`. */
async function work(server: Server, registry: Record<string, Handler>, more: object = {}) {
  const failures: { job: { jid: string }; error: Error }[] = [];
  const worker = new Worker({ url: server.url, registry, concurrency: 4, timeout: 5, ...more });
  worker.on('fail', (failure) => failures.push(failure));
  workers.push(worker);
  await worker.work();
  return { worker, failures };
}

const sets = async (server: Server) => (await server.info()).faktory.sets;

test('the client pushes a job and fetches it again as it was', async () => {
  const { client } = await begin();
  const job: Job = client.job('SendMail', 'to', { html: true }, 12);
  job.queue = 'mail';
  job.custom = { locale: 'de' };
  const jid = await job.push();
  expect(await client.fetch('mail')).toMatchObject({
    jid,
    jobtype: 'SendMail',
    args: ['to', { html: true }, 12],
    queue: 'mail',
    priority: 5,
    retry: 25,
    custom: { locale: 'de' },
  });
  expect(await client.ack(jid)).toBe('OK');
});

test('the client gets null from an empty queue', async () => {
  const { client } = await begin();
  expect(await client.fetch('empty')).toBeNull();
});

test('the client says the password, and is refused with a wrong one', async () => {
  const { client, server } = await begin({ password: 'geheim' });
  await client.push(client.job('T'));
  const stranger = new Client({ host: '127.0.0.1', port: server.port, password: 'wrong' });
  await expect(stranger.connect()).rejects.toThrow('ERR Invalid password');
});

test('the client pushes in bulk; the refused come back by jid with the reason, the others are in', async () => {
  const { client, server } = await begin();
  const good = [1, 2, 3].map((n) => client.job('Bulk', n));
  const bad = client.job('Bulk', 4);
  bad.payload.reserve_for = 100_000;
  const rejected = await client.pushBulk([...good, bad]);
  expect(Object.keys(rejected)).toEqual([bad.jid]);
  expect(rejected[bad.jid]?.reason).toBe('jobs cannot be reserved for more than one day');
  expect((await server.info()).faktory.queues).toEqual({ default: 3 });
});

test('the client pushes for later', async () => {
  const { client, server } = await begin();
  const job = client.job('Later');
  job.at = new Date(Date.now() + 60_000);
  await job.push();
  expect((await sets(server)).scheduled).toBe(1);
});

test('the client reads INFO, flushes, beats, and hears errors as errors', async () => {
  const { client } = await begin();
  await client.push(client.job('T'));
  const info = await client.info();
  expect(info.server_utc_time).toMatch(/^\d\d:\d\d:\d\d UTC$/);
  expect(info.faktory.queues).toEqual({ default: 1 });
  for (const name of ['Retries', 'Dead', 'Scheduled'] as const) expect(info.faktory.tasks[name].size).toBe(0);
  expect(await client.flush()).toBe('OK');
  expect((await client.info()).faktory.queues).toEqual({});
  await expect(client.fail('unknown-jid', new Error('boom'))).rejects.toThrow('Job not found unknown-jid');
  await expect(client.push({ jobtype: 'T', jid: 'short' })).rejects.toThrow('reasonable jid');
});

/** Three jobs in the set: two of type Apple, one of type Pear. */
async function filled(target: 'scheduled' | 'retries' | 'dead') {
  const { client, server } = await begin();
  const jids: string[] = [];
  for (const [jobtype, arg] of [
    ['Apple', 'red elephant'],
    ['Apple', 'green'],
    ['Pear', 'yellow elephant'],
  ] as const) {
    const job = client.job(jobtype, arg);
    if (target === 'scheduled') job.at = new Date(Date.now() + 600_000);
    if (target === 'dead') job.retry = -1;
    jids.push(await job.push());
    if (target !== 'scheduled')
      await client.fail((await client.fetch('default'))?.jid ?? '', new Error('boom'));
  }
  expect((await sets(server))[target]).toBe(3);
  return { client, server, jids: jids as [string, string, string] };
}

const targets = ['scheduled', 'retries', 'dead'] as const;

test.each(targets)('MUTATE clears %s whatever the filter', async (target) => {
  const { client, server } = await filled(target);
  await client[target].ofType('Apple').clear();
  expect((await sets(server))[target]).toBe(0);
});

test.each(targets)('MUTATE discards from %s by type and by pattern', async (target) => {
  const { client, server } = await filled(target);
  await client[target].ofType('Apple').matching('*elephant*').discard();
  expect((await sets(server))[target]).toBe(2);
  await client[target].ofType('Apple').discard();
  expect((await sets(server))[target]).toBe(1);
  await client[target].matching('*giraffe*').discard();
  expect((await sets(server))[target]).toBe(1);
});

test.each(targets)('MUTATE requeues from %s by jids', async (target) => {
  const { client, server, jids } = await filled(target);
  await client[target].withJids(jids[0], jids[2]).requeue();
  expect((await sets(server))[target]).toBe(1);
  const taken = [await client.fetch('default'), await client.fetch('default')].map((job) => job?.jid);
  expect(taken.sort()).toEqual([jids[0], jids[2]].sort());
});

test.each(['scheduled', 'retries'] as const)('MUTATE kills from %s', async (target) => {
  const { client, server } = await filled(target);
  await client[target].ofType('Pear').kill();
  expect(await sets(server)).toMatchObject({ [target]: 2, dead: 1 });
});

test('the worker works off what is pushed, before and while it works', async () => {
  const { client, server } = await begin();
  const done: unknown[] = [];
  await client.push(client.job('Add', 1, 2));
  await work(server, { Add: async (...args) => done.push(args) });
  await client.push(client.job('Add', 3, 4));
  await eventually(() => done.length === 2);
  expect(done).toEqual([
    [1, 2],
    [3, 4],
  ]);
  await eventually(async () => (await server.info()).faktory.total_processed === 2);
  expect(await sets(server)).toMatchObject({ working: 0, retries: 0 });
});

test('the worker takes the queues in their strict order', async () => {
  const { client, server } = await begin();
  const done: unknown[] = [];
  for (const queue of ['low', 'high']) {
    for (const n of [1, 2, 3]) await client.push({ jobtype: 'Note', args: [`${queue} ${n}`], queue });
  }
  await work(server, { Note: (text) => done.push(text) }, { queues: ['high', 'low'], concurrency: 1 });
  await eventually(() => done.length === 6);
  expect(done).toEqual(['high 1', 'high 2', 'high 3', 'low 1', 'low 2', 'low 3']);
});

test('a handler that throws fails its job; requeued by mutate it runs again and is done', async () => {
  const { client, server } = await begin();
  let tries = 0;
  const { failures } = await work(server, {
    Flaky: () => {
      tries += 1;
      if (tries === 1) throw Object.assign(new Error('not yet'), { code: 'E_FLAKY' });
    },
  });
  const jid = await client.push(client.job('Flaky'));
  await eventually(async () => (await sets(server)).retries === 1);
  expect(failures).toMatchObject([{ job: { jid }, error: { message: 'not yet' } }]);
  await client.retries.withJids(jid).requeue();
  await eventually(async () => (await server.info()).faktory.total_processed === 2);
  expect(tries).toBe(2);
  expect((await server.info()).faktory).toMatchObject({
    total_failures: 1,
    sets: { retries: 0, working: 0 },
  });
});

test('a job without a handler fails with a message that says so', async () => {
  const { client, server } = await begin();
  const { worker } = await work(server, {});
  await client.push(client.job('Nobody'));
  await eventually(async () => (await sets(server)).retries === 1);
  await worker.stop();
  workers.length = 0;
  await client.retries.requeue();
  const job = (await client.fetch('default')) as unknown as {
    failure: { message: string; backtrace: string[] };
  };
  expect(job.failure.message).toBe('No jobtype registered: Nobody');
  expect(job.failure.backtrace.length).toBeGreaterThan(1);
});

test('the worker is listed while it works, and gone after its stop', async () => {
  const { server } = await begin();
  const { worker } = await work(server, {}, { wid: 'npm-worker', labels: ['npm'] });
  expect((await server.info()).faktory.tasks.Workers.size).toBe(1);
  await worker.stop();
  workers.length = 0;
  await eventually(async () => (await server.info()).faktory.tasks.Workers.size === 0);
});

test('quiet takes no more jobs and ends what the worker has; stop waits for that', async () => {
  const { client, server } = await begin();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { worker } = await work(server, { Hold: () => held }, { concurrency: 1 });
  await client.push(client.job('Hold'));
  await eventually(async () => (await sets(server)).working === 1);
  worker.quiet();
  await client.push(client.job('Hold'));
  const stopped = worker.stop();
  release();
  await stopped;
  workers.length = 0;
  expect((await server.info()).faktory).toMatchObject({
    queues: { default: 1 },
    sets: { working: 0 },
    total_processed: 1,
  });
});
