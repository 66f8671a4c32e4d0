/**
 * Vitest's global set-up for packages whose tests start a built program: builds the package and its
 * dependencies first, so that no test runs against a stale build. Does nothing when the build is up
 * to date.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareOne } from './prepare.mjs';

export default async function setup(project) {
  const { name } = JSON.parse(readFileSync(join(project.config.root, 'package.json'), 'utf8'));
  await prepareOne(name);
}
