/**
 * Tests uncaught errors (which job fails, what happens to the others, how the process ends) and
 * jobs that run alone because they were lost beside others. Uses a real server and a child process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection, commands, resolveServers } from '@faktory-ts/client';
import { createServer, type Server } from '@faktory-ts/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Worker } from '../src/index.ts';
import { keptLog } from './given.ts';
import { infoWith } from './info-with.ts';
import { type Program, startProgram } from './start-program.ts';

vi.setConfig({ testTimeout: 60_000 });

const handlers = `
  import { EventEmitter } from 'node:events';
  import { setTimeout as sleep } from 'node:timers/promises';
  const endless = () => sleep(1_000_000);
  const kinds = {
    rejection: () => { void Promise.reject(new Error('stray', { cause: new TypeError('inner') })); },
    timer: () => setTimeout(() => { throw new Error('stray'); }, 20),
    tick: () => process.nextTick(() => { throw new Error('stray'); }),
    emitter: () => setImmediate(() => new EventEmitter().emit('error', new Error('stray'))),
    late: async () => { await sleep(10); void sleep(10).then(() => { throw new Error('stray'); }); },
  };
  let global;
  setInterval(() => { if (global) throw new Error('of nobody'); }, 20);
  export default {
    Poison: async (_context, kind) => { await sleep(300); kinds[kind](); await endless(); },
    Innocent: endless,
    Ended: () => { setTimeout(() => { throw new Error('left behind'); }, 300); },
    Global: async () => { global = true; await endless(); },
    Fatal: async () => { await sleep(300); process.kill(process.pid, 'SIGKILL'); await endless(); },
    Slow: () => sleep(700),
  };
`;

let cwd: string;
let server: Server;
let client: Client;
let program: Program | undefined;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-crash-'));
  await writeFile(path.join(cwd, 'jobs.mjs'), handlers);
  server = createServer({ sync: 'off', workerTimeout: 1000 });
  await server.start();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  program?.child.kill('SIGKILL');
  await client.close();
  await server.stop();
  await rm(cwd, { recursive: true });
});

function start(...more: string[]): Program {
  program = startProgram(['-r', './jobs.mjs', ...more], cwd, { FAKTORY_URL: server.url });
  return program;
}

const job = (jobtype: string, ...args: unknown[]) => ({ jobtype, args, backtrace: 5 });

test.each(['rejection', 'timer', 'tick', 'emitter', 'late'])(
  'an uncaught error (%s) fails the job that caused it, returns the others, and exits 1',
  async (kind) => {
    await client.pushBulk([job('Innocent'), job('Poison', kind), job('Innocent'), job('Innocent')]);
    const { exited, output } = start();
    expect(await exited).toEqual([1, null]);
    expect(output()).toMatch(/an uncaught error ends the worker, from a job, which fails: Error: stray/);
    const { queues, sets, total_failures } = (await client.info()).faktory;
    expect({ queues, sets, total_failures }).toMatchObject({
      queues: { default: 3 },
      sets: { retries: 1, working: 0, dead: 0 },
      total_failures: 1,
    });
    await client.retries.requeue({ jobtype: 'Poison' });
    expect((await client.info()).faktory.sets.retries).toBe(0);
  },
);

test('an uncaught error of code that an ended job left behind fails no job: all running jobs are returned', async () => {
  await client.pushBulk([job('Ended'), job('Innocent')]);
  expect(await start().exited).toEqual([1, null]);
  expect(program?.output()).toContain('from code of a job that has already ended: Error: left behind');
  const { queues, sets, total_failures } = (await client.info()).faktory;
  expect([queues.default, sets, total_failures]).toEqual([
    1,
    expect.objectContaining({ retries: 0, working: 0 }),
    0,
  ]);
});

test('an uncaught error of an unknown job ends the program at once, and its jobs count as losses', async () => {
  await client.pushBulk([job('Global'), job('Innocent')]);
  expect(await start().exited).toEqual([1, null]);
  expect(program?.output()).toContain('from an unknown job: Error: of nobody');
  const { sets, total_failures } = await infoWith(client, ({ sets }) => sets.retries === 2);
  expect([sets.working, total_failures]).toEqual([0, 2]);
});

test('with catchUncaught false in the config an uncaught error ends the program as Node does', async () => {
  await writeFile(path.join(cwd, 'faktory.config.mjs'), 'export default { catchUncaught: false };');
  await client.push(job('Poison', 'rejection'));
  expect(await start().exited).toEqual([1, null]);
  expect(program?.output()).not.toContain('uncaught error ends');
  await infoWith(client, ({ sets }) => sets.retries === 1);
});

test('a library worker with catchUncaught handles uncaught errors, and throws them again for Node or a listener', async () => {
  const library = pathToFileURL(path.resolve(import.meta.dirname, '../dist/index.js')).href;
  const text = `
    import { Worker } from ${JSON.stringify(library)};
    import handlers from './jobs.mjs';
    const worker = new Worker({ url: ${JSON.stringify(server.url)}, handlers, catchUncaught: true });
    await worker.start();
    await worker.stopped;
    console.log('crashed', worker.crashed);
  `;
  await writeFile(path.join(cwd, 'own.mjs'), text);
  await client.pushBulk([job('Poison', 'rejection'), job('Innocent')]);
  const child = spawn(process.execPath, ['own.mjs'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(said.join('')).toContain('crashed true');
  expect(said.join('')).toContain('Error: stray');
  const { queues, sets } = (await client.info()).faktory;
  expect([queues.default, sets.retries]).toEqual([1, 1]);
});

test('of several jobs whose worker is killed, only the cause moves to dead', async () => {
  await client.pushBulk([job('Fatal'), ...Array.from({ length: 4 }, () => job('Slow'))]);
  for (let starts = 0; starts < 5; starts++) {
    const { exited } = start('--concurrency', '5');
    expect(await exited).toEqual([null, 'SIGKILL']);
    await infoWith(client, ({ sets }) => sets.working === 0);
    await client.retries.requeue('all');
    if (starts < 4) await infoWith(client, ({ sets }) => sets.retries === 0);
  }
  expect((await client.info()).faktory.sets.dead).toBe(1);
  await client.dead.requeue({ jobtype: 'Fatal' });
  expect((await client.info()).faktory.sets.dead).toBe(0);
});

test('a suspect runs alone, and the jobs that were fetched with it are returned', async () => {
  const connection = new Connection({ addresses: resolveServers({ url: server.url }) });
  const failure = { retry_count: 1, remaining: 25, failed_at: '2026-11-30T00:00:00Z', shared_losses: 2 };
  const suspects = ['suspect-1', 'suspect-2'].map((jid) => ({ jid, jobtype: 'Suspect', args: [], failure }));
  let [now, most, brief] = [0, 0, 0];
  const beside: number[] = [];
  const { log, lines } = keptLog();
  const held = async (): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
  };
  const worker = new Worker({
    url: server.url,
    concurrency: 8,
    log,
    handlers: {
      Brief: async () => {
        await held();
        brief++;
      },
      Suspect: async () => {
        const { working } = (await client.info()).faktory.sets;
        beside.push(now, working);
        await held();
      },
    },
  });
  const briefs = () =>
    Array.from({ length: 100 }, (_, at) => ({ jid: `brief-${at}-${brief}`, jobtype: 'Brief', args: [] }));
  await commands.pushBulk(connection, [...briefs(), suspects[0] as never]);
  await commands.pushBulk(connection, [
    suspects[1] as never,
    ...briefs().map((one) => ({ ...one, jid: `${one.jid}-b` })),
  ]);
  await worker.start();
  const { total_failures } = await infoWith(client, ({ total_processed }) => total_processed === 202);
  await worker.stop();
  await connection.close();
  expect(beside).toEqual([0, 1, 0, 1]);
  expect([brief, total_failures]).toEqual([200, 0]);
  expect(most).toBeGreaterThan(1);
  expect(lines.filter((line) => line.includes('runs alone'))).toHaveLength(2);
});
