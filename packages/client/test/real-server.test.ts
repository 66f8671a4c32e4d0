import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Client, Connection, commands, containing, type Job, resolveServers } from '../src/index.ts';

/**
 * Whether the server of this run has our extensions: the client must work with any Faktory server.
 */
let extensions: boolean;
let dir: string;
let server: Server;
let client: Client;

async function serve(options: ServerOptions = {}): Promise<Server> {
  const started = createServer({ dir, extensions, ...options });
  await started.start();
  return started;
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'faktory-client-'));
  server = await serve();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  await client.close();
  await server.stop();
  await rm(dir, { recursive: true });
});

/** Fetches jobs from a queue as a consumer does, until it is empty. */
async function take(queue: string, count: number): Promise<Job[]> {
  const consumer = new Connection({
    addresses: resolveServers({ url: server.url }),
    hello: { wid: 'taker-01' },
  });
  const jobs: Job[] = [];
  while (jobs.length < count) {
    const job = await commands.fetch(consumer, [queue]);
    if (job !== undefined) jobs.push(job);
  }
  for (const { jid } of jobs) await commands.ack(consumer, jid);
  await consumer.close();
  return jobs;
}

describe.each([
  ['with our extensions', true],
  ['without our extensions', false],
])('on a server %s', (_which, known) => {
  beforeAll(() => {
    extensions = known;
  });

  describe('pushing', () => {
    test('a pushed job is fetched unchanged', async () => {
      const options = {
        queue: 'mail',
        priority: 7,
        retry: 3,
        reserve_for: 600,
        backtrace: 10,
        custom: { a: [1] },
      };
      const jid = await client.push({ jobtype: 'SendEmail', args: ['ü', 1, { deep: [null] }], ...options });
      const [job] = await take('mail', 1);
      expect(job).toMatchObject({ jid, jobtype: 'SendEmail', args: ['ü', 1, { deep: [null] }], ...options });
    });

    test('priorities order a queue, and equal ones are first in, first out', async () => {
      for (const [n, priority] of [undefined, 1, 9, 5, 9].entries()) {
        await client.push({ jobtype: 'T', args: [n], priority });
      }
      expect((await take('default', 5)).map(({ args }) => args[0])).toEqual([2, 4, 0, 3, 1]);
    });

    test('at and in put a job into the scheduled set, a time in the past does not', async () => {
      await client.push({ jobtype: 'T', args: [], at: new Date(Date.now() + 60_000) });
      await client.push({ jobtype: 'T', args: [], in: 60_000 });
      await client.push({ jobtype: 'T', args: [], at: new Date(0) });
      const { faktory } = await client.info();
      expect(faktory.sets.scheduled).toBe(2);
      expect(faktory.queues).toEqual({ default: 1 });
    });

    test('pushBulk returns one result for each job: an error for refused jobs, and the others are pushed', async () => {
      const results = await client.pushBulk([
        { jobtype: 'T', args: [1] },
        { jobtype: '', args: [2], jid: 'without-type' },
        { jobtype: 'T', args: [3], reserve_for: 100_000, jid: 'too-long-reserved' },
        { jobtype: 'T', args: [4], jid: 'short' },
        { jobtype: 'T', args: [5] },
      ]);
      expect(results.map(({ error }) => error?.message)).toEqual([
        undefined,
        'jobs must have a jobtype parameter',
        'jobs cannot be reserved for more than one day',
        'jobs must have a reasonable jid parameter',
        undefined,
      ]);
      expect((await take('default', 2)).map(({ jid }) => jid)).toEqual([results[0]?.jid, results[4]?.jid]);
    });

    test('a job that breaks a rule is INVALID in the words of the server', async () => {
      const push = (options: object): Promise<string> => client.push({ jobtype: 'T', args: [], ...options });
      await expect(push({ jid: 'short' })).rejects.toMatchObject({
        code: 'INVALID',
        message: 'jobs must have a reasonable jid parameter',
      });
      await expect(push({ at: 'tomorrow' })).rejects.toMatchObject({ code: 'INVALID' });
      await expect(push({ queue: 'no spaces' })).rejects.toMatchObject({ code: 'INVALID' });
    });

    test('30 concurrent calls push 3,000 jobs, each once', async () => {
      let next = 0;
      const producer = async (): Promise<void> => {
        while (next < 3000) await client.push({ jobtype: 'T', args: [next++] });
      };
      await Promise.all(Array.from({ length: 30 }, producer));
      expect(await client.queues()).toEqual({ default: 3000 });
    });
  });

  describe('administration', () => {
    test('a paused queue returns no job until it is resumed, and a removed one is deleted', async () => {
      await client.push({ jobtype: 'T', args: [], queue: 'a' });
      await client.push({ jobtype: 'T', args: [], queue: 'b' });
      await client.pauseQueue(['a', 'unknown']);
      const both = new Connection({
        addresses: resolveServers({ url: server.url }),
        hello: { wid: 'taker-02' },
      });
      expect(await commands.fetch(both, ['a', 'b'])).toMatchObject({ queue: 'b' });
      await client.resumeQueue('*');
      expect(await commands.fetch(both, ['a', 'b'])).toMatchObject({ queue: 'a' });
      await both.close();
      await client.removeQueue('a');
      expect(Object.keys(await client.queues())).toEqual(['b']);
    });

    test('latency is 0 for an empty or unknown queue and seconds for one with a waiting job', async () => {
      await client.push({ jobtype: 'T', args: [], queue: 'a' });
      const { a, none } = await client.latency(['a', 'none']);
      expect(a).toBeGreaterThanOrEqual(0);
      expect(a).toBeLessThan(5);
      expect(none).toBe(0);
      await expect(client.latency('*')).rejects.toThrow('QUEUE LATENCY does not support wildcards');
    });

    test('jobs of a set are moved by jobtype, by text and by jid, and cleared', async () => {
      const later = { in: '1h' } as const;
      await client.push({ jobtype: 'Keep', args: [], ...later });
      await client.push({ jobtype: 'Keep', args: ['an elephant?'], ...later });
      await client.push({ jobtype: 'Keep', args: ['an elephants'], ...later });
      await client.push({ jobtype: 'Kill', args: [], ...later });
      await client.push({ jobtype: 'Run', args: [], ...later, jid: 'run-me-now' });
      await client.scheduled.kill({ jobtype: 'Kill' });
      await client.scheduled.discard({ jobtype: 'Keep', regexp: containing('elephant?') });
      await client.scheduled.requeue({ jids: ['run-me-now'] });
      const { sets, queues } = (await client.info()).faktory;
      expect(sets).toMatchObject({ scheduled: 2, dead: 1 });
      expect(queues).toEqual({ default: 1 });
      await client.dead.clear();
      await client.scheduled.discard('all');
      expect((await client.info()).faktory.sets).toMatchObject({ scheduled: 0, dead: 0 });
      await client.flush();
      expect((await client.info()).faktory.total_enqueued).toBe(0);
    });
  });

  describe('a server that stops and starts', () => {
    test('a server with a password accepts only the right one', async () => {
      await server.stop();
      server = await serve({ password: 'p@ss/wörd' });
      const known = new Client({ url: server.url });
      await known.flush();
      await known.close();
      const host = `tcp://127.0.0.1:${server.port}`;
      for (const wrong of [new Client({ url: host }), new Client({ url: host, password: 'no' })]) {
        await expect(wrong.info()).rejects.toMatchObject({ code: 'AUTH' });
        await wrong.close();
      }
    });

    test('after a restart on the same folder and port the same client continues with the same jobs', async () => {
      const { port } = server;
      await client.push({ jobtype: 'T', args: [1] });
      await server.stop();
      const pushed = client.push({ jobtype: 'T', args: [2] });
      server = await serve({ port });
      await pushed;
      expect((await take('default', 2)).map(({ args }) => args[0])).toEqual([1, 2]);
    });

    test('pushes during restarts of the server are each answered, or rejected as uncertain', async () => {
      const { port } = server;
      const sure: string[] = [];
      const unsure: string[] = [];
      let going = true;
      const producer = async (): Promise<void> => {
        while (going) {
          const jid = `jid-${Math.random()}`;
          await client.push({ jobtype: 'T', args: [], jid }).then(
            () => sure.push(jid),
            (error: { code: string; message: string }) => {
              expect(error).toMatchObject({ code: 'CLOSED', message: expect.stringContaining(jid) });
              unsure.push(jid);
            },
          );
        }
      };
      const producers = Array.from({ length: 10 }, producer);
      for (let restart = 0; restart < 3; restart++) {
        const before = sure.length;
        while (sure.length < before + 50) await client.queues();
        await server.stop();
        server = await serve({ port });
      }
      going = false;
      await Promise.all(producers);
      if (extensions) expect(unsure).toEqual([]); // the server reports the result of each
      const size = (await client.queues()).default ?? 0;
      expect(size).toBeGreaterThanOrEqual(sure.length);
      expect(size).toBeLessThanOrEqual(sure.length + unsure.length);
      const jids = (await take('default', size)).map(({ jid }) => jid);
      expect(new Set(jids).size).toBe(size);
      expect(sure.filter((jid) => !jids.includes(jid))).toEqual([]);
    });
  });
});
