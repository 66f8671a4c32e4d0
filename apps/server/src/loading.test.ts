/**
 * Tests what a command loads, by the imports of its source: a package that it does not need costs
 * 50 to 130 ms of each start.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const importing = /^(?:import|export)\s(?!type\b)[^;]*?from '([^']+)'/gms;

/** The packages that a file and its imports load before its first line runs. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  for (const [statement, name = ''] of readFileSync(file, 'utf8').matchAll(importing)) {
    if (/^import\s*\{(?:\s*type [^,}]+,?)+\s*\}/.test(statement)) continue; // types only
    if (!name.startsWith('.')) found.add(name);
    else for (const inner of packagesOf(join(dirname(file), name), seen)) found.add(inner);
  }
  return found;
}

const ofServer = ['change', 'info', 'jobs', 'push', 'queues', 'tail', 'top', 'workers'];
const ofFolder = ['backups', 'dump', 'import', 'tokens'];
const main = packagesOf(join(here, 'main.ts'));
const ours = (name: string): string[] => {
  const file = join(here, 'commands', `${name}.ts`);
  expect(existsSync(file)).toBe(true);
  return [...new Set([...main, ...packagesOf(file)])].filter((each) => !each.startsWith('node:')).sort();
};

test('the program itself loads the protocol and nothing else', () => {
  expect([...main].filter((name) => !name.startsWith('node:'))).toEqual(['@faktory-ts/protocol']);
});

test.each(ofServer)('%s, which uses a server, loads the client and not the server package', (name) => {
  const loaded = ours(name).filter((each) => each !== '@faktory-ts/protocol');
  expect(loaded).toEqual(['@faktory-ts/client']);
});

test.each(ofFolder)('%s, which works on a data folder, loads no reader of flags, TOML or Redis', (name) => {
  const most = ['@faktory-ts/client', '@faktory-ts/protocol', '@faktory-ts/server'];
  expect(most).toEqual(expect.arrayContaining(ours(name)));
});
