// A program whose worker was bundled into one file, as BUNDLING.md says, with the built packages.
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServer, type Server } from '@faktory-ts/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The bundler that tsup builds with. */
const { build } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild') as {
  build(options: object): Promise<unknown>;
};
const here = fileURLToPath(new URL('..', import.meta.url));
let server: Server;
let folder: string;

beforeAll(async () => {
  server = createServer({ sync: 'off' });
  await server.start();
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'faktory-bundle-')));
  writeFileSync(path.join(folder, 'job.mjs'), "export default () => console.log('ran isolated');");
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const program = `import { Worker } from '@faktory-ts/worker';
import { Client } from '@faktory-ts/client';
const [file, isolation] = process.argv.slice(2);
const client = new Client();
const settle = async () => { await worker.stop(); await client.close(); };
const worker = new Worker({
  handlers: { Iso: { file, isolation } },
  log: { debug() {}, info() {}, error: console.error, warn: console.error },
  observer: { ended: () => void settle() },
});
worker.start().then(() => client.push({ jobtype: 'Iso', args: [], retry: 0 }));
`;

async function bundled(format: 'esm' | 'cjs', withThreads: boolean): Promise<string> {
  const outdir = mkdtempSync(path.join(folder, `${format}-`));
  const ending = format === 'esm' ? '.mjs' : '.cjs';
  const common = {
    bundle: true,
    platform: 'node',
    format,
    outExtension: { '.js': ending },
    logLevel: 'silent',
  };
  const stdin = { contents: program, resolveDir: here, sourcefile: 'program.js' };
  await build({ ...common, stdin, outfile: path.join(outdir, `program${ending}`), outExtension: undefined });
  const entries = ['inside', 'heart-thread'].map((name) => `@faktory-ts/worker/${name}`);
  const threads = {
    entryPoints: entries,
    entryNames: '[name]',
    external: ['jiti'],
    absWorkingDir: here,
    outdir,
  };
  if (withThreads) await build({ ...common, ...threads });
  return path.join(outdir, `program${ending}`);
}

async function run(file: string, isolation: string): Promise<{ stdout: string; stderr: string }> {
  // Neither the flags of this process nor its packages.
  const { NODE_OPTIONS: _, NODE_PATH: __, ...env } = process.env;
  const args = [file, path.join(folder, 'job.mjs'), isolation];
  const options = { cwd: folder, env: { ...env, FAKTORY_URL: server.url } };
  return promisify(execFile)(process.execPath, args, options).catch((error) => error);
}

describe.each(['esm', 'cjs'] as const)('a worker in one file of %s', (format) => {
  test('runs isolated handlers in threads and processes, and beats in a thread, with the two files beside it', async () => {
    const file = await bundled(format, true);
    for (const isolation of ['thread', 'process']) {
      expect(await run(file, isolation)).toEqual({ stdout: 'ran isolated\n', stderr: '' });
    }
  });

  test('is refused by the constructor without the two files, with an error that says what to build', async () => {
    const { stderr } = await run(await bundled(format, false), 'thread');
    expect(stderr).toMatch(
      /handlers\.Iso\.isolation: isolated handlers need the file inside\.js, which is not beside.*BUNDLING\.md/,
    );
  });
});
