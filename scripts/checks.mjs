// The checks beside the tests: types, lint, examples, unused code, whether the published packages are put together well, and the
// tests of the examples.
// Each speaks only when it fails.
import { readFileSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { runQuietly } from './run.mjs';
import { examples as exampleFolders, packages, root } from './stamps.mjs';

const bin = join(root, 'node_modules', '.bin');
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};
const script = (...path) => join(root, 'node_modules', ...path);

const types = {
  name: 'types',
  command: [script('turbo', 'bin', 'turbo'), 'run', 'typecheck', '--output-logs=errors-only'],
};
const lint = {
  name: 'lint',
  command: [script('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'],
};
const examples = { name: 'examples', command: [join(root, 'scripts', 'examples.mjs')] };
const engines = { name: 'Node of the dependencies', command: [join(root, 'scripts', 'engines.mjs')] };
const unused = { name: 'unused code', command: [script('knip', 'bin', 'knip.js')] };
/** What is loaded of a package, its dependencies aside, compressed: the budgets are in .size-limit.json. */
const sizes = { name: 'sizes', command: [script('size-limit', 'bin.js')] };

/** The same of the web UI's first page. */
const firstPage = { name: 'size of the first page', command: [join(root, 'scripts', 'first-page.mjs')] };

/** What `npm run check` runs before the rooms, and `npm test` before the tests. */
export const quickChecks = [types, lint];

/** Everything, with one check for each package that is published and each example. */
export function allChecks() {
  return [
    ...quickChecks,
    examples,
    unused,
    engines,
    sizes,
    firstPage,
    ...published().flatMap(packed),
    ...exampleChecks(),
  ];
}

/** The examples' own tests, each with its own test framework, against the built packages. */
export function exampleChecks() {
  return exampleFolders().map((cwd) => {
    const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    const words = scripts.test.split(' ');
    // What follows `node` runs on this Node; else it is a program of the example's own.
    const command = words[0] === 'node' ? words.slice(1) : [programIn(cwd, words[0]), ...words.slice(1)];
    return { name: relative(root, cwd), command, cwd };
  });
}

function programIn(folder, name) {
  const home = join(folder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  return join(home, typeof bin === 'string' ? bin : bin[name]);
}

/** Runs them one after the other and counts. */
export async function runChecks(checks) {
  const tally = { passed: 0, failed: 0, failures: [] };
  for (const check of checks) {
    const start = performance.now();
    const { code, output } = await runQuietly(process.execPath, check.command, { env, cwd: check.cwd });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${code === 0 ? 'ok    ' : 'failed'} ${check.name} (${seconds} s)`);
    tally[code === 0 ? 'passed' : 'failed']++;
    if (code === 0) continue;
    console.log(output);
    tally.failures.push(`check ${check.name}`);
  }
  return tally;
}

function published() {
  return packages().filter(
    (folder) => !JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private,
  );
}

function packed(folder) {
  const name = relative(root, folder);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const fit = { name: `package ${name}`, command: [script('publint', 'src', 'cli.js'), folder, '--strict'] };
  return exports === undefined ? [fit] : [fit, typesFound(folder, name)];
}

/** Whether importers and requirers find types that say what they get. Resolution as before `exports` existed is not looked at. */
function typesFound(folder, name) {
  const program = script('@arethetypeswrong', 'cli', 'dist', 'index.js');
  return {
    name: `types of ${name}`,
    // What threads are started with is for bundlers: nobody imports it.
    command: [
      program,
      '--pack',
      folder,
      '--profile',
      'node16',
      '--no-color',
      '--exclude-entrypoints',
      'inside',
      'heart-thread',
    ],
  };
}
