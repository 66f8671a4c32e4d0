import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@faktory-ts/client';
import { createServer, type Server } from '@faktory-ts/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../../server/test/leaks.ts';
import { infoWith as serverInfoWith } from './info-with.ts';
import { type Program, startProgram } from './start-program.ts';

const handlers = `
  import { setTimeout } from 'node:timers/promises';
  enum Size { Big = 2 }
  export default {
    Fine: async (_context: unknown, n: number) => { if (n >= Size.Big) throw new RangeError('too big'); },
    Endless: async () => { await setTimeout(1_000_000); },
    Block: () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000); },
  };
  // Left open on purpose: it must not keep the program alive.
  setInterval(() => {}, 1000);
`;

// One handler alone blocks for three seconds, and programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let cwd: string;
let server: Server;
let client: Client;
let child: ChildProcess | undefined;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-cli-'));
  await writeFile(path.join(cwd, 'handlers.ts'), handlers);
  server = createServer();
  await server.start();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await client.close();
  await server.stop();
  await rm(cwd, { recursive: true });
});

function start(...argv: string[]): Program {
  const program = startProgram(argv, cwd, { FAKTORY_URL: server.url });
  child = program.child;
  return program;
}

function infoWith(wanted: Parameters<typeof serverInfoWith>[1]): ReturnType<typeof serverInfoWith> {
  return serverInfoWith(client, wanted, () => {
    if (child?.exitCode !== null) throw new Error('the program has ended');
  });
}

test('runs TypeScript handlers against the server of FAKTORY_URL and exits 0 after TERM', async () => {
  const program = start('--require', './handlers.ts', '--queue', 'a', '--queue', 'b,3', '--concurrency', '2');
  await client.push({ jobtype: 'Fine', args: [1], queue: 'a' });
  await client.push({ jobtype: 'Fine', args: [2], queue: 'b' });
  await infoWith(({ total_processed, sets }) => total_processed === 2 && sets.retries === 1);
  child?.kill('SIGTERM');
  expect(await program.exited).toEqual([0, null]);
  expect(program.output()).toMatch(/I \S+ worker stopped/);
  expect((await client.info()).faktory.tasks.Workers.size).toBe(0);
});

test('after TSTP it fetches no more jobs; a second TERM returns the running jobs and exits', async () => {
  const program = start('-r', './handlers.ts');
  await client.push({ jobtype: 'Endless', args: [] });
  await infoWith(({ sets }) => sets.working === 1);
  child?.kill('SIGTSTP');
  await eventually(() => program.output().includes('worker quiet'), 15_000);
  await client.push({ jobtype: 'Endless', args: [] });
  child?.kill('SIGTERM');
  await eventually(() => program.output().includes('worker stopping'), 15_000);
  child?.kill('SIGTERM');
  expect(await program.exited).toEqual([0, null]);
  expect((await client.info()).faktory).toMatchObject({
    queues: { default: 2 },
    sets: { working: 0, retries: 0 },
  });
});

test('a handler that blocks the event loop for longer than the lease keeps its job, and is named in the log', async () => {
  await server.stop();
  server = createServer({ port: server.port, workerTimeout: 1000 });
  await server.start();
  const program = start('-r', './handlers.ts');
  const jid = await client.push({ jobtype: 'Block', args: [], retry: 0 });
  await infoWith(({ total_processed }) => total_processed === 1);
  expect((await client.info()).faktory.total_failures).toBe(0);
  await eventually(() => program.output().includes('was blocked'), 15_000);
  expect(program.output()).toContain(`Block ${jid}`);
});

test('the jobs of a killed worker fail with WorkerLost when its lease expires', async () => {
  await server.stop();
  server = createServer({ port: server.port, workerTimeout: 1000 });
  await server.start();
  start('-r', './handlers.ts');
  await client.push({ jobtype: 'Endless', args: [] });
  await infoWith(({ sets }) => sets.working === 1);
  const killed = child;
  child = undefined;
  killed?.kill('SIGKILL');
  await eventually(async () => (await client.info()).faktory.sets.retries === 1, 15_000);
  expect((await client.info()).faktory.sets.working).toBe(0);
});

test('a folder of CommonJS files loads jobs but no helpers, also when it was built from TypeScript', async () => {
  // Not in a test of the loader, because Vitest has its own import of CommonJS.
  const files = {
    'common.cjs': 'exports.Common = () => 1; exports.helper = () => 2;',
    'assigned.cjs': 'module.exports = { Assigned: () => 1, other: () => 2 };',
    'Single.cjs': 'module.exports = () => 1;',
    'built.cjs': `Object.defineProperty(exports, '__esModule', { value: true });
      exports.default = { built: () => 1 }; exports.Helper = () => 2;`,
    'named.cjs': `Object.defineProperty(exports, '__esModule', { value: true });
      exports.Named = () => 1; exports.low = () => 2;`,
  };
  await mkdir(path.join(cwd, 'jobs'));
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(cwd, 'jobs', file), text);
  const program = start('-r', './jobs');
  const [, passedOver] = await program.says(/ignored exports: (.*)\. In a folder/);
  expect(passedOver).toBe('other of jobs/assigned.cjs; helper of jobs/common.cjs; low of jobs/named.cjs');
  await client.push({ jobtype: 'Missing', args: [], retry: -1 });
  const [, known] = await program.says(/; it has (.*) jid=/);
  expect(known).toBe('Single, Assigned, built, Common, Named');
});

test('a bad file exits 1 and names it', async () => {
  await writeFile(path.join(cwd, 'bad.ts'), 'export default {');
  const program = start('-r', './bad.ts');
  expect(await program.exited).toEqual([1, null]);
  expect(program.output()).toMatch(/^faktory-worker: \.\/bad\.ts: it cannot be loaded/);
});

test.each([
  ['a.mjs', 'export { y } from "./part.mjs";'],
  ['a.mjs', 'export * from "./fine.mjs";'],
  ['a.ts', 'import { y } from "./part.mjs"; console.log(y);'],
])(
  'a syntax error in JavaScript that %s imports is told with its own file and line: %s',
  async (file, imports) => {
    await writeFile(path.join(cwd, file), `${imports}\nexport const A = () => 1;`);
    await writeFile(path.join(cwd, 'fine.mjs'), 'import "./fine.mjs";\nimport "./part.mjs";\nawait null;');
    await writeFile(path.join(cwd, 'part.mjs'), 'export const x = 1;\n\nexport const y = ;');
    const program = start('-r', file);
    expect(await program.exited).toEqual([1, null]);
    expect(program.output()).toMatch(/^faktory-worker: a\.\w+: it cannot be loaded: .*\(part\.mjs:3\)\n$/);
  },
);
