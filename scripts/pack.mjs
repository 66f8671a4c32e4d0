/**
 * `npm run pack`: writes the tarballs of all published packages, as for the registry, to
 * dist-packages/.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { prepare } from './prepare.mjs';
import { runQuietly } from './run.mjs';
import { packages, root } from './stamps.mjs';

export const packed = join(root, 'dist-packages');

/** Writes the tarballs and prints their names; resolves with the exit code. */
export async function pack() {
  await prepare();
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(packed);
  const program = join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
  for (const folder of packages()) {
    if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private) continue;
    // pnpm, because it replaces `workspace:` and `catalog:` by versions; npm does not.
    const args = [program, '--dir', folder, 'pack', '--pack-destination', packed];
    const { code, output } = await runQuietly(process.execPath, args);
    if (code !== 0) throw Object.assign(new Error(output), { exitCode: code });
  }
  for (const name of readdirSync(packed)) console.log(relative(root, join(packed, name)));
  return 0;
}
