import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseArguments } from './flags.ts';
import { type ProgramOptions, programOptions } from './program-options.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-options-'));
});

afterEach(() => rm(cwd, { recursive: true }));

async function options(
  argv: string[],
  config?: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ProgramOptions> {
  if (config !== undefined)
    await writeFile(path.join(cwd, 'faktory.config.mjs'), `export default ${config};`);
  const { args } = await parseArguments(argv);
  if (args === undefined) throw new Error('nothing to run');
  return programOptions(args, cwd, env);
}

const everything = `{
  require: ['jobs', 'more.ts'],
  queues: ['a'],
  queueOrder: 'round-robin',
  concurrency: 3,
  shutdownTimeout: 1500,
  timeout: 5000,
  hardTimeout: 6000,
  labels: ['file'],
  url: 'tcp://file:1',
  fetchAhead: 0,
  log: { debug() {}, info() {}, warn() {}, error() {} },
  http: 1000,
  healthWindow: 4000,
}`;

test('without flags the options come from the config file', async () => {
  expect(await options([], everything)).toMatchObject({
    require: ['jobs', 'more.ts'],
    worker: {
      queues: ['a'],
      queueOrder: 'round-robin',
      concurrency: 3,
      shutdownTimeout: 1500,
      timeout: 5000,
      hardTimeout: 6000,
      fetchAhead: 0,
    },
    http: { host: '127.0.0.1', port: 1000 },
    healthWindow: 4000,
  });
});

test('each flag overrides its option of the config file; seconds become milliseconds', async () => {
  const argv = ['-r', 'x.ts', '-q', 'b', '-c', '4', '-t', '2', '--label', 'flag', '-u', 'tcp://flag:2'];
  const limits = ['--job-timeout', '30', '--hard-timeout', '45.5'];
  const {
    require: files,
    worker,
    http,
    healthWindow,
    logLevel,
  } = await options(
    [...argv, ...limits, '--http', '[::]:0', '--health-window', '60', '-l', 'debug'],
    everything,
  );
  expect(files).toEqual(['x.ts']);
  expect(worker).toMatchObject({
    queues: ['b'],
    queueOrder: 'round-robin',
    concurrency: 4,
    shutdownTimeout: 2000,
    timeout: 30_000,
    hardTimeout: 45_500,
    labels: ['flag'],
    url: 'tcp://flag:2',
    fetchAhead: 0,
    log: undefined,
  });
  expect([http, healthWindow, logLevel]).toEqual([{ host: '::', port: 0 }, 60_000, 'debug']);
});

test('weights of flags drop the queueOrder of the config file', async () => {
  expect((await options(['-q', 'b,2'], everything)).worker).toMatchObject({
    queues: { b: 2 },
    queueOrder: undefined,
  });
});

test.each([
  [[], {}, undefined, 'text'],
  [[], { NODE_ENV: 'production' }, undefined, 'json'],
  [[], { FAKTORY_ENV: 'production' }, undefined, 'json'],
  [[], { NODE_ENV: 'production' }, "{ logFormat: 'text' }", 'text'],
  [['--log-format', 'json'], {}, "{ logFormat: 'text' }", 'json'],
])('flags %j in %j with config %s log as %s', async (argv, env, config, format) => {
  expect((await options(argv, config, env)).logFormat).toBe(format);
});

test('paths in a config file are relative to it, wherever the program is started', async () => {
  await mkdir(path.join(cwd, 'settings'));
  await writeFile(path.join(cwd, 'settings/my.mjs'), "export default { require: '../jobs' };");
  const found = await options(['--config', 'settings/my.mjs']);
  expect(found.require).toEqual([path.join(cwd, 'jobs')]);
  expect(found.folders).toEqual([cwd, path.join(cwd, 'jobs'), path.join(cwd, 'settings')]);
});

test('flags for the files of TLS override the config file and the environment', async () => {
  const tls = (name: string): string =>
    fileURLToPath(new URL(`../../client/test/tls/${name}`, import.meta.url));
  const text = (name: string): Promise<string> => readFile(tls(name), 'utf8');
  const argv = ['--tls-cert', tls('client.pem'), '--tls-ca', tls('ca.pem')];
  const env = { FAKTORY_URL: 'tcp+tls://jobs.example', FAKTORY_TLS_KEY: tls('client.key') };
  const { worker } = await options(argv, "{ tls: { ca: 'file', servername: 'x' } }", env);
  expect(worker.tls).toEqual({
    cert: await text('client.pem'),
    key: await text('client.key'),
    ca: await text('ca.pem'),
    servername: 'x',
  });
  await expect(options(argv, '{}', {})).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringMatching(/^--tls-cert needs TLS/),
  });
});
