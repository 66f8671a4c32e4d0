/**
 * Installs the tarballs of dist-packages/ into an empty project with npm and uses them as a user
 * would: the program `faktory`, a push by ES module and by CommonJS, `faktory-worker` with a
 * TypeScript file, the first examples of the READMEs, and the testing helpers with and without the
 * server. For CI; `npm run pack` comes first. Ends with `N passed, N failed`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  bin,
  dir,
  file,
  install,
  installForAll,
  started,
  startServer,
  stopLast,
  trySteps,
} from './stranger.mjs';

const hello = (name) => [process.execPath, [name, name.replace('.', '-')], /pushed \S+/];
let env = {};

/**
 * Writes the first TypeScript example of an installed package's README to a file; returns how to
 * run it on a Node that cannot strip types.
 */
function readmeOf(name) {
  const text = readFileSync(join(dir, 'node_modules', '@faktory-ts', name, 'README.md'), 'utf8');
  file(`readme-${name}.ts`, /^```ts\n([\s\S]*?)^```/m.exec(text)[1]);
  // The examples send mail over HTTP; here the request is only printed.
  file('mail.mjs', "globalThis.fetch = async (url, { body }) => console.log('fetch', url, body);");
  const loader = join(dir, 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');
  return [process.execPath, ['--import', './mail.mjs', loader, `readme-${name}.ts`]];
}

/** The steps, in order; each needs the ones before. */
const steps = {
  'the tarballs install in an empty project': () => {
    install();
  },
  'the tarballs install for all users, as docs/operating.md says': async () => {
    await started(installForAll('faktory'), ['--version'], /^faktory-ts \d/);
  },
  'faktory starts': async () => {
    env = { FAKTORY_URL: await startServer() };
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
    await stopLast(); // otherwise it would take the jobs of the next worker
  },
  'the server makes a backup, and finds jobs': async () => {
    const faktory = bin('faktory');
    await started(faktory, ['backup'], /: \d+ jobs?, \d+ kB, checked/, env);
    await started(faktory, ['jobs', '--count'], /^\d+/, env);
  },
  "the example of the client's README runs": async () => {
    await started(...readmeOf('client'), /^\S{24} \[ { jid: '\S{24}' } \]$/m, env);
  },
  "the example of the worker's README runs, and ends when told": async () => {
    const running = started(
      ...readmeOf('worker'),
      /fetch https:\S+ \{"jid":"\S+","to":"bob@example.com"\}/,
      env,
    );
    file('mail.cjs', `const { Client } = require('@faktory-ts/client');\n${mail}`);
    execFileSync(process.execPath, ['mail.cjs'], { cwd: dir, env: { ...process.env, ...env } });
    await running;
    await stopLast();
  },
  'server and worker work as libraries, and the server shows the web UI': async () => {
    file('library.mjs', library);
    await started(process.execPath, ['library.mjs'], /page true script 200 library \S+/);
  },
  'worker and protocol load in CommonJS': async () => {
    file('commonjs.cjs', commonjs);
    await started(process.execPath, ['commonjs.cjs'], /commonjs function\S+/);
  },
  'the testing helpers start a server, by ES module and by CommonJS': async () => {
    file('testing.mjs', `import { startTestServer } from '@faktory-ts/worker/testing';\n${testing}`);
    file('testing.cjs', `const { startTestServer } = require('@faktory-ts/worker/testing');\n${testing}`);
    await started(process.execPath, ['testing.mjs'], /drained 1$/m);
    await started(process.execPath, ['testing.cjs'], /drained 1$/m);
  },
  'without the server package they say what to install': async () => {
    const scope = join(dir, 'node_modules', '@faktory-ts');
    renameSync(join(scope, 'server'), join(scope, 'gone'));
    const advice = /npm install --save-dev @faktory-ts\/server/;
    await started(process.execPath, ['testing.mjs'], advice);
    await started(process.execPath, ['testing.cjs'], advice);
  },
};

const push = `const client = new Client();
client.push({ jobtype: 'SayHello', args: [process.argv[2]] }).then((jid) => {
  console.log('pushed ' + jid);
  return client.close();
});
`;
// An enum, which a Node that strips types cannot load.
const handlers = `import type { JobContext } from '@faktory-ts/worker';
enum Word { Hello = 'hello' }
export default {
  SayHello: ({ log }: JobContext, name: string) => log.info(\`\${Word.Hello}, \${name}\`),
};
`;
const library = `import { newJid } from '@faktory-ts/protocol';
import { createServer } from '@faktory-ts/server';
import { Worker } from '@faktory-ts/worker';
const server = createServer({ http: {} });
await server.start();
const site = 'http://127.0.0.1:' + server.httpPort + '/';
const page = await (await fetch(site)).text();
const [, script] = /src="\\.\\/(assets\\/[^"]+\\.js)"/.exec(page) ?? [];
const { status } = await fetch(site + script);
const worker = new Worker({ url: server.url, handlers: { T: () => {} } });
await worker.start();
await worker.stop();
await server.stop();
console.log('page', page.includes('id="page"'), 'script', status, 'library ' + newJid());
`;
const commonjs = `const { newJid } = require('@faktory-ts/protocol');
const { Worker } = require('@faktory-ts/worker');
console.log('commonjs ' + typeof Worker + newJid());
`;

const mail = `const client = new Client();
client.push({ jobtype: 'SendEmail', args: ['bob@example.com', 7] }).then(() => client.close());
`;
const testing = `async function main() {
  const faktory = await startTestServer();
  await faktory.client().push({ jobtype: 'T', args: [], in: 60_000 });
  await faktory.forward({ minutes: 2 });
  const { done } = await faktory.drain({ T: () => {} });
  await faktory.stop();
  console.log('drained ' + done);
}
main().catch((error) => console.log(error.code, error.message));
`;

await trySteps(steps);
