import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@faktory-ts/client';
import { createServer, type Server } from '@faktory-ts/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Program, startProgram } from './start-program.ts';

const own = fileURLToPath(new URL('..', import.meta.url));
const long = { timeout: 20_000 };

vi.setConfig({ testTimeout: 60_000 });

let cwd: string;
let server: Server;
let client: Client;
let child: ChildProcess | undefined;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-program-'));
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

function start(argv: string[], env: Record<string, string> = {}): Program {
  const program = startProgram(argv, cwd, { FAKTORY_URL: server.url, NODE_ENV: 'test', ...env });
  child = program.child;
  return program;
}

const write = (file: string, text: string): Promise<void> => writeFile(path.join(cwd, file), text);
const processed = async (): Promise<number> => (await client.info()).faktory.total_processed;

describe('the config file', () => {
  test('may be typed TypeScript, and flags override it', async () => {
    await mkdir(path.join(cwd, 'jobs'));
    await mkdir(path.join(cwd, 'node_modules/@faktory-ts'), { recursive: true });
    await symlink(own, path.join(cwd, 'node_modules/@faktory-ts/worker'), 'dir');
    await write('jobs/mail.ts', 'export const Mail = async (_: unknown, to: string) => { void to; };');
    await write('jobs/mail.test.ts', 'throw new Error("a test is no job");');
    await write(
      'faktory.config.ts',
      `import { defineConfig } from '@faktory-ts/worker';
       export default defineConfig({
         require: './jobs',
         handlers: { Inline: ({ log }, n: number) => log.info('inline ' + n) },
         queues: ['a', 'b'],
         concurrency: 3,
         labels: ['from-file'],
       });`,
    );
    const program = start(['--concurrency', '2']);
    await program.says(/worker started .*concurrency=2 queues=\["a","b"\]/);
    await client.push({ jobtype: 'Mail', args: ['x'], queue: 'a' });
    await client.push({ jobtype: 'Inline', args: [7], queue: 'b' });
    await program.says(/inline 7/);
    await vi.waitFor(async () => expect(await processed()).toBe(2), long);
    expect((await client.info()).faktory.total_failures).toBe(0);
    child?.kill('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
  });

  test.each([
    ['faktory.config.ts', 'const n: number = 1;\nexport default { concurrency: n +, };', 2],
    ['faktory.config.mjs', 'export default {\n\n  concurrency: +,\n};', 3],
    ['faktory.config.ts', 'export {};\n\nthrow new Error("no database");', 3],
  ])('with an error in it, %s, ends the program with 1 and names file and line', async (file, text, line) => {
    await write(file, text);
    const program = start([]);
    expect(await program.exited).toEqual([1, null]);
    expect(program.output()).toMatch(new RegExp(`^faktory-worker: ${file}: .*\\(${file}:${line}\\)\\n$`));
  });

  test('is not read with --no-config', async () => {
    await write('faktory.config.ts', 'throw new Error("must not be read");');
    const program = start(['--no-config', '--require', 'nope.ts']);
    expect(await program.exited).toEqual([1, null]);
    expect(program.output()).toContain('nope.ts: there is no such file');
  });
});

describe('the log', () => {
  test('is JSON in production, one object a line', async () => {
    await write('jobs.ts', 'export const Mail = ({ log }: any) => log.info("sent", { n: 1n });');
    const program = start(['-r', 'jobs.ts'], { NODE_ENV: 'production' });
    await client.push({ jobtype: 'Mail', args: [] });
    await program.says(/"sent"/);
    child?.kill('SIGTERM');
    await program.exited;
    const lines = program
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.find(({ msg }) => msg === 'sent')).toMatchObject({ level: 'info', n: '1', jobtype: 'Mail' });
    expect(lines.every(({ time }) => !Number.isNaN(Date.parse(time)))).toBe(true);
  });

  test('is text in production with --log-format text', async () => {
    await write('jobs.ts', 'export const Mail = () => undefined;');
    const program = start(['-r', 'jobs.ts', '--log-format', 'text'], { FAKTORY_ENV: 'production' });
    await program.says(/^I \S+ .*worker started/m);
  });
});

test('--http serves health, 503 while the server is away, and figures', async () => {
  await server.stop();
  await write('jobs.ts', 'export const Mail = () => undefined;');
  const program = start(['-r', 'jobs.ts', '--http', '0']);
  const [, url] = await program.says(/on (http:\S+)/);
  expect((await fetch(`${url}/health`)).status).toBe(503);
  server = createServer({ port: server.port });
  await server.start();
  await client.push({ jobtype: 'Mail', args: [] });
  await vi.waitFor(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('\nfaktory_worker_jobs_total{jobtype="Mail",outcome="done"} 1\n');
  }, long);
  const health = await fetch(`${url}/health`);
  expect([health.status, await health.json()]).toMatchObject([200, { healthy: true, state: 'running' }]);
  child?.kill('SIGTERM');
  expect(await program.exited).toEqual([0, null]);
});

describe.skipIf(process.platform === 'win32')('TTIN', () => {
  test('logs the running jobs and open handles, and changes nothing', async () => {
    await write(
      'jobs.ts',
      `export const Slow = ({ log }: any) => new Promise(() => { log.info('waits'); setInterval(() => {}, 1000); });`,
    );
    const program = start(['-r', 'jobs.ts']);
    const jid = await client.push({ jobtype: 'Slow', args: ['secret'] });
    await program.says(/waits/);
    child?.kill('SIGTTIN');
    await program.says(/running jobs count=1/);
    await program.says(new RegExp(`running jid=${jid} jobtype=Slow queue=default seconds=[.\\d]+`));
    await program.says(/stack: none/);
    await program.says(/open: tcp to 127\.0\.0\.1:\d+ count=/);
    expect(program.output()).not.toContain('secret');
    child?.kill('SIGTERM');
    await program.says(/stopping/);
    child?.kill('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
  });
});

describe.skipIf(process.platform === 'win32')('--watch', () => {
  const version = (n: number): string => `console.log('version ${n}'); export const Mail = () => undefined;`;

  test('restarts when a handler, a file beside it or the config changes, and ends with a signal', async () => {
    await write('faktory.config.mjs', "export default { labels: ['one'] };");
    await write('jobs.mjs', version(1));
    const program = start(['--watch', '-r', 'jobs.mjs']);
    await program.says(/version 1[\s\S]*worker started/);
    await write('jobs.mjs', version(2));
    await program.says(/jobs\.mjs changed[\s\S]*worker stopped[\s\S]*version 2[\s\S]*worker started/);
    await write('beside.ts', 'export {};');
    await program.says(/beside\.ts changed[\s\S]*version 2[\s\S]*worker started/);
    await write('faktory.config.mjs', "export default { labels: ['two'] };");
    await program.says(/faktory\.config\.mjs changed[\s\S]*worker started/);
    child?.kill('SIGINT');
    expect(await program.exited).toEqual([0, null]);
    expect((await client.info()).faktory.tasks.Workers.size).toBe(0);
  });

  test('waits for the next change when the program cannot start', async () => {
    await write('jobs.ts', 'export const Mail = ;');
    const program = start(['-w', '-r', 'jobs.ts']);
    await program.says(/jobs\.ts: it cannot be loaded: .*\(jobs\.ts:1\)[\s\S]*waiting for a change/);
    await write('jobs.ts', version(1));
    await program.says(/version 1[\s\S]*worker started/);
    await write('jobs.ts', 'export const Mail = ;');
    await program.says(/waiting for a change/);
    child?.kill('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
  });

  test('watches folders of handlers that are elsewhere', async () => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'faktory-elsewhere-'));
    await writeFile(path.join(elsewhere, 'jobs.ts'), version(1));
    const program = start(['--watch', '--require', elsewhere]);
    await program.says(/version 1[\s\S]*worker started/);
    await writeFile(path.join(elsewhere, 'more.ts'), 'export const More = () => undefined;');
    await program.says(/more\.ts changed[\s\S]*worker started/);
    child?.kill('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
    await rm(elsewhere, { recursive: true });
  });

  test('passes TSTP on', async () => {
    await write('jobs.ts', version(1));
    const program = start(['--watch', '-r', 'jobs.ts']);
    await program.says(/worker started/);
    child?.kill('SIGTSTP');
    await program.says(/worker quiet/);
    child?.kill('SIGTERM');
    expect(await program.exited).toEqual([0, null]);
    expect(program.output()).toMatch(/worker stopped/);
  });

  test('leaves no worker behind when it is killed', async () => {
    await write('jobs.ts', version(1));
    const program = start(['--watch', '-r', 'jobs.ts']);
    await program.says(/worker started/);
    child?.kill('SIGKILL');
    await vi.waitFor(async () => expect((await client.info()).faktory.tasks.Workers.size).toBe(0), long);
    await program.exited; // its output is closed when the child has ended too
  });
});
