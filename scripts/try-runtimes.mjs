/**
 * Runs the client, the worker and the testing helpers of the tarballs on Bun and on Deno, against a
 * server on Node. For CI; `npm run pack` comes first. A runtime that its npm package does not
 * contain is a failure.
 */
import { bin, file, install, started, startServer, trySteps } from './stranger.mjs';

let env = {};

const program = `import { Client } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
const client = new Client();
let tell;
const ran = new Promise((resolve) => { tell = resolve; });
const worker = new Worker({ handlers: { Hello: (_context, name) => tell(name) } });
await worker.start();
await client.push({ jobtype: 'Hello', args: ['job'] });
console.log('ran ' + await ran);
await worker.stop();
await client.close();
console.log('stopped');
`;
const testing = `import { startTestServer } from '@faktory-ts/worker/testing';
const faktory = await startTestServer();
await faktory.client().push({ jobtype: 'Hello', args: [], in: 60_000 });
await faktory.forward({ minutes: 2 });
const { done } = await faktory.drain({ Hello: () => {} });
await faktory.stop();
console.log('drained ' + done);
`;

/** The command that runs a file, by runtime. */
const runtimes = { Bun: [bin('bun'), []], Deno: [bin('deno'), ['run', '--allow-all']] };

const steps = {
  'the tarballs install beside Bun and Deno': () => {
    install('bun@1.4.5', 'deno@2.9.6');
    file('program.mjs', program);
    file('testing.mjs', testing);
  },
  'faktory starts': async () => {
    env = { FAKTORY_URL: await startServer() };
  },
};
for (const [name, [command, args]] of Object.entries(runtimes)) {
  steps[`client and worker run on ${name}, and stop`] = async () => {
    await started(command, [...args, 'program.mjs'], /ran job[\s\S]*stopped/, env);
  };
  steps[`the testing helpers run on ${name}, with a server inside`] = async () => {
    await started(command, [...args, 'testing.mjs'], /drained 1$/m, env);
  };
}
await trySteps(steps);
