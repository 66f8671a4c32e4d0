/**
 * Checks whether an install or a build is up to date, by a fingerprint of its inputs that is stored
 * beside its result.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders of all packages and apps. */
export function packages() {
  return [...foldersIn('packages'), ...foldersIn('apps')];
}

/** Folders of the examples, which are never built. */
export function examples() {
  return foldersIn('examples');
}

function foldersIn(group) {
  return readdirSync(join(root, group))
    .map((name) => join(root, group, name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

/** Fingerprint of the inputs of an install. */
export function toolStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const manifests = [...packages(), ...examples()].map((folder) => join(folder, 'package.json'));
  for (const name of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
    manifests.push(join(root, name));
  for (const file of manifests) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * Fingerprint of the inputs of a build. Only sizes and times, because reading all files would slow
 * down each start.
 */
export function sourceStamp() {
  const hash = createHash('sha256');
  const seen = (file) => {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
  };
  for (const name of ['tsup.base.ts', 'tsconfig.base.json', 'turbo.json']) seen(join(root, name));
  for (const folder of packages()) {
    for (const name of ['package.json', 'tsconfig.json', 'tsup.config.ts', 'vite.config.ts', 'index.html'])
      if (existsSync(join(folder, name))) seen(join(folder, name));
    for (const file of [...sources(join(folder, 'src')), ...sources(join(folder, 'public'))]) seen(file);
  }
  return hash.digest('hex');
}

/** Whether every package has a build. */
export function builtAll() {
  return packages().every((folder) => existsSync(join(folder, 'dist')));
}

function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
