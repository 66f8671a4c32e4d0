/**
 * The entry point of `npm start`, `npm test` and the other npm scripts. Needs only Node and npm.
 *
 * Note: this file and its static imports must parse on an old Node, so that the version check below
 * can run.
 */

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node.js 20.19 or newer is needed, this is ${process.version}.`);
  process.exit(1);
}

const [task, ...args] = process.argv.slice(2);

/**
 * Refuses `npm install`, which would build a tree that pnpm must remove again, and says what to do
 * instead.
 */
function guard() {
  const agent = process.env.npm_config_user_agent ?? '';
  if (!agent || agent.startsWith('pnpm/')) return 0;
  console.error('This repository installs itself: run `npm start` or `npm test` (or `pnpm install`).');
  return 1;
}

async function program(file) {
  await (await import('./prepare.mjs')).prepare();
  const { run } = await import('./run.mjs');
  return run(process.execPath, [file, ...args]);
}

const tasks = {
  guard,
  setup: async () => (await import('./prepare.mjs')).prepare(),
  start: async () => (await import('./start.mjs')).start(args),
  test: async () => (await import('./test.mjs')).test(args),
  check: async () => (await import('./test.mjs')).check(),
  vitest: async () => (await import('./test.mjs')).vitestAlone(args),
  faktory: () => program('apps/server/dist/main.js'),
  worker: () => program('packages/worker/dist/cli.js'),
  bench: () => program('apps/bench/dist/main.js'),
  pack: async () => (await import('./pack.mjs')).pack(),
  image: async () => (await import('./image.mjs')).image(args),
};

if (!Object.hasOwn(tasks, task ?? '')) {
  console.error(`Unknown task ${task ?? '(none)'}: one of ${Object.keys(tasks).join(', ')}.`);
  process.exit(1);
}
try {
  process.exitCode = (await tasks[task]()) ?? 0;
} catch (error) {
  if (error?.exitCode === undefined) throw error;
  if (error.message) console.error(error.message);
  process.exitCode = error.exitCode;
}
