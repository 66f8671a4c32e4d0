// Installs the tarballs of dist-packages/ into an empty project with npm and uses them as a stranger would: the program
// `faktory`, a push by ES module and by CommonJS, and `faktory-worker` with a TypeScript file. For CI; `npm run pack` comes first.
// Ends with `N passed, N failed`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packed } from './pack.mjs';

const dir = mkdtempSync(join(tmpdir(), 'faktory-packed-'));
const file = (name, text) => writeFileSync(join(dir, name), text);
const bin = (name) => join(dir, 'node_modules', '.bin', name);
const children = [];

/** Starts a program and resolves with what the pattern finds in what it says. */
async function started(command, args, pattern, env = {}) {
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, ...env } });
  children.push(child);
  const ended = once(child, 'close').then(() => 'ended');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  while (!pattern.test(said)) {
    const news = await Promise.race([once(child.stdout, 'data'), ended]);
    if (news === 'ended' && !pattern.test(said)) throw new Error(`${command} ended:\n${said}`);
  }
  return pattern.exec(said);
}

const hello = (name) => [process.execPath, [name, name.replace('.', '-')], /pushed \S+/];
let env = {};

/** What is tried, in order; each stands on the ones before. */
const steps = {
  'the tarballs install in an empty project': () => {
    file('package.json', '{ "name": "stranger", "private": true }');
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...tarballs];
    execFileSync('npm', args, { cwd: dir, stdio: 'inherit' });
  },
  'faktory starts': async () => {
    const args = ['-b', '127.0.0.1:0', '-w', ':0', '-d', join(dir, 'db'), '-c', dir];
    const [, port] = await started(bin('faktory'), args, /port (\d+) was free[\s\S]*press Ctrl-C/);
    env = { FAKTORY_URL: `tcp://127.0.0.1:${port}` };
  },
  'an ES module pushes': async () => {
    file('push.mjs', `import { Client } from '@faktory-ts/client';\n${push}`);
    await started(...hello('push.mjs'), env);
  },
  'a CommonJS module pushes': async () => {
    file('push.cjs', `const { Client } = require('@faktory-ts/client');\n${push}`);
    await started(...hello('push.cjs'), env);
  },
  'faktory-worker runs both jobs with a TypeScript file': async () => {
    file('handlers.ts', handlers);
    await started(
      bin('faktory-worker'),
      ['--require', './handlers.ts'],
      /hello, push-mjs[\s\S]*hello, push-cjs/,
      env,
    );
  },
  'server and worker work as libraries': async () => {
    file('library.mjs', library);
    await started(process.execPath, ['library.mjs'], /library \S+/);
  },
  'worker and protocol load in CommonJS': async () => {
    file('commonjs.cjs', commonjs);
    await started(process.execPath, ['commonjs.cjs'], /commonjs function\S+/);
  },
};

const push = `const client = new Client();
client.push({ jobtype: 'SayHello', args: [process.argv[2]] }).then((jid) => {
  console.log('pushed ' + jid);
  return client.close();
});
`;
// An enum: what a Node that strips types by itself cannot load.
const handlers = `import type { JobContext } from '@faktory-ts/worker';
enum Word { Hello = 'hello' }
export default {
  SayHello: ({ log }: JobContext, name: string) => log.info(\`\${Word.Hello}, \${name}\`),
};
`;
const library = `import { newJid } from '@faktory-ts/protocol';
import { createServer } from '@faktory-ts/server';
import { Worker } from '@faktory-ts/worker';
const server = createServer();
await server.start();
const worker = new Worker({ url: server.url, handlers: { T: () => {} } });
await worker.start();
await worker.stop();
await server.stop();
console.log('library ' + newJid());
`;
const commonjs = `const { newJid } = require('@faktory-ts/protocol');
const { Worker } = require('@faktory-ts/worker');
console.log('commonjs ' + typeof Worker + newJid());
`;

const tally = { passed: 0, failed: 0 };
for (const [name, act] of Object.entries(steps)) {
  try {
    await act();
    tally.passed++;
    console.log(`ok     ${name}`);
  } catch (error) {
    tally.failed++;
    console.error(`FAILED ${name}`, error);
    break;
  }
}
for (const child of children) child.kill();
await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
rmSync(dir, { recursive: true, force: true });
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed;
