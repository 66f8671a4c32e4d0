/**
 * Checks that every dependency of our packages supports the oldest Node that ours support.
 * Otherwise an npm user on that Node would get warnings, or a package that fails.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import semver from 'semver';
import { packages, root } from './stamps.mjs';

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const wrong = new Set();
let seen = new Set();

for (const folder of packages()) {
  const { private: unpublished, engines } = read(folder);
  if (unpublished) continue;
  seen = new Set();
  walk(folder, semver.minVersion(engines.node).version, relative(root, folder));
}
if (wrong.size > 0) {
  for (const text of wrong) console.error(text);
  process.exitCode = 1;
}

function walk(folder, oldest, by) {
  const home = realpathSync(folder);
  if (seen.has(home)) return;
  seen.add(home);
  const { name, version, engines, dependencies, optionalDependencies } = read(home);
  if (engines?.node && !semver.satisfies(oldest, engines.node)) {
    wrong.add(`${by} needs ${name} ${version}, which asks for Node ${engines.node}, and promises ${oldest}`);
  }
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = find(home, needed);
    if (found) walk(found, oldest, by);
  }
}

/** The folder where Node finds it; undefined for an optional dependency of another system. */
function find(from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const here = join(folder, 'node_modules', name);
    if (existsSync(here)) return here;
    if (folder === dirname(folder)) return undefined;
  }
}
