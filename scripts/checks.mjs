/**
 * The checks beside the tests: types, lint, examples, unused code, the published packages, and the
 * tests of the examples. A check prints only when it fails.
 */
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
/**
 * Compressed size of the code of each package without its dependencies; the limits are in
 * .size-limit.json.
 */
const sizes = { name: 'sizes', command: [script('size-limit', 'bin.js')] };

/** Compressed size of the web UI's first page. */
const firstPage = { name: 'size of the first page', command: [join(root, 'scripts', 'first-page.mjs')] };

/**
 * The checks that `npm run check` runs before the import table, and `npm test` before the tests.
 */
export const quickChecks = [types, lint];

/** All checks, with one for each published package and each example. */
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
    // `node FILE` runs on this Node; otherwise it is a program of the example.
    const command = words[0] === 'node' ? words.slice(1) : [programIn(cwd, words[0]), ...words.slice(1)];
    return { name: relative(root, cwd), command, cwd };
  });
}

function programIn(folder, name) {
  const home = join(folder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  return join(home, typeof bin === 'string' ? bin : bin[name]);
}

/** Runs the checks one after the other and counts results. */
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

/**
 * Whether `import` and `require` find the right types. Resolution without `exports` is not checked.
 */
function typesFound(folder, name) {
  const program = script('@arethetypeswrong', 'cli', 'dist', 'index.js');
  return {
    name: `types of ${name}`,
    // Entry points of threads are for bundlers, so no program imports them.
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
