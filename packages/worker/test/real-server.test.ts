import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, defineJob, type StandardSchema } from '@faktory-ts/client';
import { createServer, type Server, type ServerOptions } from '@faktory-ts/server';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../server/test/leaks.ts';
import { type Handlers, Worker, type WorkerOptions } from '../src/index.ts';
import { infoWith } from './info-with.ts';

/**
 * Whether the server of this run has our extensions: the worker's rules apply with any Faktory
 * server.
 */
let extensions: boolean;
let dir: string;
let server: Server;
let client: Client;
const workers: Worker[] = [];

async function serve(options: ServerOptions = {}): Promise<Server> {
  const started = createServer({ dir, extensions, ...options });
  await started.start();
  return started;
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'faktory-worker-'));
  server = await serve();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await client.close();
  await server.stop();
  await rm(dir, { recursive: true });
});

async function work(handlers: Handlers, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({ url: server.url, concurrency: 3, handlers, ...options });
  workers.push(worker);
  await worker.start();
  return worker;
}

/** A promise and the function that resolves it. */
function event<Value = void>(): { seen: Promise<Value>; happen: (value: Value) => void } {
  let happen: (value: Value) => void = () => {};
  const seen = new Promise<Value>((resolve) => {
    happen = resolve;
  });
  return { seen, happen };
}

describe.each([
  ['with our extensions', true],
  ['without our extensions', false],
])('on a server %s', (_which, known) => {
  beforeAll(() => {
    extensions = known;
  });

  describe('running jobs', () => {
    test('every pushed job runs once and is acknowledged', async () => {
      const runs: unknown[] = [];
      await work({ Count: (_context, n) => runs.push(n) });
      await client.pushBulk(Array.from({ length: 500 }, (_, n) => ({ jobtype: 'Count', args: [n] })));
      await infoWith(client, ({ total_processed, sets }) => total_processed === 500 && sets.working === 0);
      expect(runs.length).toBe(500);
      expect(new Set(runs).size).toBe(500);
    });

    test('a failure goes to retries with its type, message and backtrace, and runs again with it', async () => {
      const failed = event();
      const again = event<unknown>();
      await work({
        Fails: ({ job }) => {
          if (job.failure) return again.happen(job.failure);
          failed.happen();
          throw new RangeError('too far');
        },
        Dies: () => Promise.reject(new Error('for good')),
      });
      await client.push({ jobtype: 'Fails', args: [], backtrace: 3 });
      await client.push({ jobtype: 'Dies', args: [], retry: -1 });
      await failed.seen;
      await infoWith(client, ({ sets }) => sets.retries === 1 && sets.dead === 1);
      await client.mutate({ cmd: 'requeue', target: 'retries' });
      const failure = { errtype: 'RangeError', message: 'too far', retry_count: 0, remaining: 25 };
      expect(await again.seen).toMatchObject(failure);
      expect(await again.seen).toHaveProperty('backtrace.length', 3);
    });

    test('a job without a handler fails, and the worker runs other jobs', async () => {
      const ran = event();
      await work({ Known: () => ran.happen() }, { concurrency: 1 });
      await client.push({ jobtype: 'Unknown', args: [] });
      await client.push({ jobtype: 'Known', args: [] });
      await ran.seen;
      expect((await client.info()).faktory.sets.retries).toBe(1);
    });

    test('strict order empties the first queue first, weights reach both', async () => {
      const order: unknown[] = [];
      const handlers: Handlers = { Note: ({ job }) => order.push(job.queue) };
      const each = extensions ? 1500 : 30; // more than a worker fetches at once
      const jobs = ['a', 'b'].flatMap((queue) => {
        return Array.from({ length: each }, () => ({ jobtype: 'Note', args: [], queue }));
      });
      await client.pushBulk(jobs);
      const strict = await work(handlers, { queues: ['b', 'a'], concurrency: 1 });
      await infoWith(client, ({ total_processed }) => total_processed === 2 * each);
      expect(order).toEqual([...Array(each).fill('b'), ...Array(each).fill('a')]);
      await strict.stop();
      order.length = 0;
      await client.pushBulk(jobs);
      await work(handlers, { queues: { a: 1, b: 1 }, concurrency: 1 });
      await infoWith(client, ({ total_processed }) => total_processed === 4 * each);
      expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
      expect(order.indexOf('a')).toBeLessThan(order.lastIndexOf('b'));
    });

    test('a job pushed to an idle worker runs at once', async () => {
      const ran = event();
      await work({ Now: () => ran.happen() });
      await client.push({ jobtype: 'Now', args: [] });
      await ran.seen;
    });
  });

  describe('how a job may end', () => {
    const sets = async (): Promise<Record<string, number>> => (await client.info()).faktory.sets;

    test('kill moves the job to the dead set at once, whatever retries are left', async () => {
      await work({ Bad: ({ kill }) => kill('no such user') });
      await client.push({ jobtype: 'Bad', args: [] });
      await infoWith(client, (faktory) => faktory.sets.dead === 1);
      expect(await sets()).toMatchObject({ working: 0, retries: 0, dead: 1 });
    });

    test('discard deletes the job', async () => {
      await work({ Old: ({ discard }) => discard('old news') });
      await client.push({ jobtype: 'Old', args: [] });
      await infoWith(client, ({ total_processed }) => total_processed === 1);
      expect(await sets()).toMatchObject({ working: 0, retries: 0, dead: 0 });
    });

    test('an error rule has the same effect as the methods of the context', async () => {
      class Gone extends Error {}
      const fail = (): never => {
        throw new Gone('404');
      };
      await work({ Fetch: fail }, { errors: [[Gone, 'kill']] });
      await client.push({ jobtype: 'Fetch', args: [] });
      await infoWith(client, (faktory) => faktory.sets.dead === 1);
    });

    test('retryIn sets the time of the retry; a classic server uses its own delay', async () => {
      const attempts: number[] = [];
      await work({
        Busy: ({ attempt, retryIn }) => {
          attempts.push(attempt);
          if (attempt === 1) retryIn(0);
        },
      });
      await client.push({ jobtype: 'Busy', args: [] });
      if (extensions) await infoWith(client, ({ total_processed }) => total_processed === 2);
      else await infoWith(client, (faktory) => faktory.sets.retries === 1);
      expect(attempts).toEqual(extensions ? [1, 2] : [1]);
    });

    test('release returns the job without using an attempt; on a classic server the job fails', async () => {
      const attempts: number[] = [];
      await work({
        Later: ({ attempt, release }) => {
          attempts.push(attempt);
          if (attempts.length === 1) release();
        },
      });
      await client.push({ jobtype: 'Later', args: [] });
      if (extensions) await infoWith(client, ({ total_processed }) => total_processed === 1);
      else await infoWith(client, (faktory) => faktory.sets.retries === 1);
      expect(attempts).toEqual(extensions ? [1, 1] : [1]);
    });

    test('arguments that its definition refuses move the job to the dead set at once, with a readable message', async () => {
      const schema: StandardSchema<[n: string], [n: number]> = {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) =>
            Number.isNaN(Number((value as string[])[0]))
              ? { issues: [{ message: 'not a number', path: [0] }] }
              : { value: [Number((value as string[])[0])] },
        },
      };
      const got: number[] = [];
      const jobs = [defineJob('Number', { schema })];
      const worker = new Worker({
        url: server.url,
        jobs,
        handlers: { Number: (_context, n) => got.push(n) },
      });
      workers.push(worker as Worker);
      await worker.start();
      await client.push({ jobtype: 'Number', args: ['x'] });
      await client.push({ jobtype: 'Number', args: ['7'] });
      await infoWith(client, (faktory) => faktory.total_processed === 2 && faktory.sets.dead === 1);
      expect(await sets()).toMatchObject({ retries: 0, working: 0 });
      expect(got).toEqual([7]);
    });

    test('the crash of an isolated handler fails that job only', async () => {
      const file = new URL('./isolated/chores.js', import.meta.url);
      await work({ Run: { file, isolation: 'process' } });
      await client.push({ jobtype: 'Run', args: ['segfault'] });
      await client.push({ jobtype: 'Run', args: ['return'] });
      await infoWith(client, ({ total_processed }) => total_processed === 2);
      expect(await sets()).toMatchObject({ working: 0, retries: 1 });
    });

    test('a jobtype runs in no more slots than its concurrency', async () => {
      let [now, most] = [0, 0];
      const run = async (): Promise<void> => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
      };
      await client.pushBulk(Array.from({ length: 60 }, () => ({ jobtype: 'Big', args: [] })));
      await work({ Big: { run, concurrency: 2 } }, { concurrency: 5 });
      await infoWith(client, ({ total_processed }) => total_processed === 60);
      expect(most).toBe(2);
    });
  });

  describe('stopping', () => {
    test('an idle worker stops at once, although its FETCHes wait at the server', async () => {
      const worker = await work({ None: () => undefined }, { concurrency: 10 });
      await infoWith(client, ({ tasks }) => tasks.Workers.size === 1);
      const before = performance.now();
      await worker.stop();
      expect(performance.now() - before).toBeLessThan(1000);
      await infoWith(client, ({ tasks }) => tasks.Workers.size === 0);
    });

    test('stop waits for running jobs, fetches no more, and loses none', async () => {
      const running = event();
      const open = event();
      const worker = await work({
        Slow: () => {
          running.happen();
          return open.seen;
        },
      });
      await client.pushBulk(Array.from({ length: 10 }, () => ({ jobtype: 'Slow', args: [] })));
      await infoWith(client, ({ sets }) => sets.working === 3);
      const stopped = worker.stop();
      open.happen();
      await stopped;
      const { faktory } = await client.info();
      expect(faktory).toMatchObject({ total_processed: 3, total_failures: 0, queues: { default: 7 } });
      expect(faktory.sets.working).toBe(0);
    });

    test('jobs that still run at the deadline are returned; on a classic server they fail', async () => {
      const aborted = event<unknown>();
      const worker = await work(
        {
          Endless: ({ signal }) => {
            signal.addEventListener('abort', () => aborted.happen(signal.reason));
            return new Promise(() => {});
          },
        },
        { shutdownTimeout: 10 },
      );
      await client.push({ jobtype: 'Endless', args: [] });
      await infoWith(client, ({ sets }) => sets.working === 1);
      await worker.stop();
      expect(await aborted.seen).toMatchObject({ code: 'SHUTDOWN' });
      expect((await client.info()).faktory).toMatchObject({
        total_failures: extensions ? 0 : 1,
        queues: { default: extensions ? 1 : 0 },
        sets: { working: 0, retries: extensions ? 0 : 1 },
      });
    });

    test('a quiet worker finishes its jobs; another worker runs the rest', async () => {
      const running = event();
      const open = event();
      const handlers: Handlers = {
        Slow: () => {
          running.happen();
          return open.seen;
        },
      };
      const first = await work(handlers, { concurrency: 1 });
      await client.push({ jobtype: 'Slow', args: [] });
      await running.seen;
      first.quiet();
      await client.push({ jobtype: 'Slow', args: [] });
      open.happen();
      await infoWith(client, ({ total_processed }) => total_processed === 1);
      expect((await client.queues()).default).toBe(1);
      await work(handlers);
      await infoWith(client, ({ total_processed }) => total_processed === 2);
    });
  });

  describe('a server that restarts on the same folder and port', () => {
    test('an idle worker reconnects to it and runs jobs', async () => {
      const ran = event();
      const { port } = server;
      const worker = await work({ Later: () => ran.happen() });
      await server.stop();
      server = await serve({ port });
      await client.push({ jobtype: 'Later', args: [] });
      await ran.seen;
      expect(worker.state).toBe('running');
    });

    test('a job that ends while the server is away is acknowledged after its return, and does not run again', async () => {
      let runs = 0;
      const running = event();
      const open = event();
      const { port } = server;
      await work({
        Slow: () => {
          runs++;
          running.happen();
          return open.seen;
        },
      });
      await client.push({ jobtype: 'Slow', args: [] });
      await running.seen;
      await server.stop();
      open.happen();
      await new Promise(setImmediate);
      server = await serve({ port });
      await infoWith(client, ({ total_processed, sets }) => total_processed === 1 && sets.working === 0);
      expect(runs).toBe(1);
    });

    test('restarts under load lose no job and leave none reserved', async () => {
      const seen = new Set<unknown>();
      const { port } = server;
      await client.pushBulk(Array.from({ length: 2000 }, (_, n) => ({ jobtype: 'Count', args: [n] })));
      await work({ Count: (_context, n) => seen.add(n) }, { concurrency: 5 });
      for (const least of [300, 600, 900]) {
        await eventually(() => seen.size >= least, 15_000);
        await server.stop();
        server = await serve({ port });
      }
      await infoWith(client, ({ total_processed, sets, total_enqueued }) => {
        return total_processed === 2000 && sets.working === 0 && total_enqueued === 0;
      });
      expect(seen.size).toBe(2000);
    });
  });
});
