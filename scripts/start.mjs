/**
 * `npm start`: runs the server with its data inside the checkout and, unless `--no-demo` is given,
 * the demo. All other arguments go to the server. Ctrl-C ends both; when the server ends, the demo
 * ends too.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { factsIn, given, urlOf } from './addresses.mjs';
import { prepare } from './prepare.mjs';
import { ECHO, exitCode, tell } from './run.mjs';
import { root } from './stamps.mjs';
import { welcome } from './welcome.mjs';

const DEMO_PATIENCE = 1000; // ms in which the demo may finish its jobs

/** Resolves with the exit code when both have ended. */
export async function start(args) {
  await prepare();
  const withDemo = !args.includes('--no-demo');
  const options = withDefaults(args.filter((arg) => arg !== '--no-demo'));
  const server = node(['apps/server/dist/main.js', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = exitCode(server);
  let demo;
  let stopping = false;
  const stop = async (signal) => {
    if (stopping) return;
    stopping = true;
    await sleep(ECHO);
    await demo?.stop(signal); // first, so that its running jobs can still be acknowledged
    tell(server, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  process.on('SIGHUP', () => stop('SIGTERM')); // the terminal was closed; for the server HUP has another meaning
  process.stdout.on('error', () => stop('SIGTERM')); // the reader of our output has closed it

  onListening(server, options, (facts) => {
    if (stopping) return;
    console.log(welcome({ ...facts, dir: given(options, 'd', 'dir'), withDemo }));
    if (withDemo) demo = startDemo(urlOf(facts), () => stopping);
  });
  const code = await ended;
  stopping = true;
  await demo?.stop('SIGTERM');
  return code;
}

function node(args, options) {
  return spawn(process.execPath, args, { cwd: root, ...options });
}

/** Data and settings are in the checkout, unless the caller sets another place. */
function withDefaults(args) {
  const home = join(root, '.faktory');
  mkdirSync(home, { recursive: true });
  const options = [...args];
  if (given(args, 'd', 'dir') === undefined) options.unshift('-d', join(home, 'db'));
  if (given(args, 'c', 'config') === undefined) options.unshift('-c', home);
  return options;
}

/** Passes the server's log on, and calls `listening` with its addresses when it listens. */
function onListening(server, options, listening) {
  let text = '';
  let waiting = true;
  const look = (facts) => {
    if (!waiting || !facts) return;
    waiting = false;
    listening(facts);
  };
  server.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    if (!waiting) return;
    text += chunk;
    look(factsIn(text, options));
  });
  server.on('exit', () => {
    waiting = false;
  });
  // At these levels the log does not say it: a server that still runs after the delay has started.
  const silent = ['warn', 'error'].includes(given(options, 'l', 'log-level'));
  if (silent) setTimeout(() => look(factsIn(undefined, options)), 2000).unref();
}

function startDemo(url, stopping) {
  const env = { ...process.env, FAKTORY_URL: url };
  delete env.FAKTORY_PROVIDER;
  const demo = node(['apps/demo/dist/main.js'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = exitCode(demo).then((code) => {
    if (!stopping()) console.error(`The demo has ended (exit ${code}); the server goes on.`);
  });
  const stop = async (signal) => {
    tell(demo, signal);
    const late = setTimeout(() => tell(demo, 'SIGKILL'), DEMO_PATIENCE);
    await ended;
    clearTimeout(late);
  };
  return { stop };
}
