/**
 * `node scripts/bootstrap.mjs image FOLDER`: writes the server's program with all packages it
 * needs, in the versions of pnpm-lock.yaml, for the container image. `npm install` would take newer
 * versions over time.
 */
import { join, resolve } from 'node:path';
import { prepare } from './prepare.mjs';
import { runQuietly } from './run.mjs';
import { root } from './stamps.mjs';

/** Fills the folder, which must be empty or missing; resolves with the exit code. */
export async function image([folder]) {
  if (!folder) throw Object.assign(new Error('Name the folder: image FOLDER'), { exitCode: 2 });
  await prepare();
  const program = join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
  // With this option pnpm copies the workspace's packages, and reads the lock file.
  const how = ['--prod', '--no-optional', '--config.inject-workspace-packages=true'];
  const args = [program, '--dir', root, '--filter=faktory-ts', 'deploy', ...how, resolve(folder)];
  const { code, output } = await runQuietly(process.execPath, args, { env: { ...process.env, CI: 'true' } });
  if (code !== 0) throw Object.assign(new Error(output), { exitCode: code });
  return 0;
}
