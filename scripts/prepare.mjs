/**
 * Prepares a checkout: installs with the pinned pnpm and builds with turbo, each only when
 * something changed. Prints little, and only to standard error, because standard output belongs to
 * the program that is started afterwards.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.mjs';
import { runQuietly } from './run.mjs';
import { builtAll, root, sourceStamp, toolStamp } from './stamps.mjs';

const modules = join(root, 'node_modules');
const installStamp = join(modules, '.install-stamp');
const buildStamp = join(modules, '.build-stamp');
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const installed = () => read(installStamp) === toolStamp();
const built = () => read(buildStamp) === sourceStamp() && builtAll();

/** Installs and builds what is missing; throws an error with an `exitCode` when that fails. */
export async function prepare() {
  if (installed() && built()) return;
  await withLock(join(root, '.bootstrap-lock'), async () => {
    if (!installed()) await install();
    if (!built()) await build();
  });
}

/** Builds one package and its dependencies for its tests. The tree must be installed. */
export async function prepareOne(name) {
  if (built()) return;
  await withLock(join(root, '.bootstrap-lock'), () => build(name));
}

async function install() {
  console.error('Installing what this checkout needs: some seconds, more on a slow network …');
  // Left by another package manager or by an interrupted install.
  if (existsSync(modules) && !existsSync(join(modules, '.modules.yaml'))) {
    rmSync(modules, { recursive: true, force: true });
  }
  // --prod=false, because NODE_ENV=production would leave out the build tools.
  await must(pnpm(['install', '--frozen-lockfile', '--prod=false', '--prefer-offline']), 'The install');
  writeFileSync(installStamp, toolStamp());
}

async function build(name) {
  console.error('Building …');
  const stamp = sourceStamp();
  const only = name ? [`--filter=${name}...`] : [];
  await must(turbo(['run', 'build', '--output-logs=errors-only', ...only]), 'The build');
  if (!name) writeFileSync(buildStamp, stamp);
}

// npm exec runs in an empty folder: in the checkout it would run the copy in node_modules, which
// the install replaces meanwhile.
async function pnpm(args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const cwd = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  const full = ['--yes', `--package=${packageManager}`, '--', 'pnpm', '--dir', root, ...args];
  const npm = process.env.npm_execpath ?? '';
  try {
    return /npm-cli\.c?js$/.test(npm)
      ? await runQuietly(process.execPath, [npm, 'exec', ...full], { cwd, env: environment() })
      : await runQuietly('npx', full, { cwd, env: environment() });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

// turbo looks for pnpm on PATH and starts it inside each package, so the path must be absolute.
function turbo(args) {
  const env = environment();
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[key] = `${join(modules, '.bin')}${delimiter}${env[key] ?? ''}`;
  return runQuietly(process.execPath, [join(modules, 'turbo', 'bin', 'turbo'), ...args], { env });
}

function environment() {
  const env = {
    ...process.env,
    CI: process.env.CI ?? 'true',
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
  delete env.npm_config_local_prefix; // set by the outer npm; a nested npm would look for packages there
  return env;
}

async function must(running, what) {
  const { code, output } = await running;
  if (code === 0) return;
  throw Object.assign(new Error(`${output}\n${what} failed (exit ${code}).`), { exitCode: code });
}
