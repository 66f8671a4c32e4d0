/**
 * Bundles a program of a test, because Node 20 runs no TypeScript. The bundle lies in node_modules, where its packages
 * are found and git is not. The esbuild is the one that tsup brings.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Esbuild {
  build(options: Record<string, unknown>): Promise<unknown>;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Bundles the program of this folder and returns the path of the bundle. Delete it after the test. */
export async function bundled(program: string): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve('tsup'));
  const esbuild = require('esbuild') as Esbuild;
  const outfile = path(`../node_modules/.${program.replace('.ts', '')}-${process.pid}.mjs`);
  await esbuild.build({
    entryPoints: [path(`./${program}`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@faktory-ts/source'],
    external: ['fastify', '@photostructure/sqlite'],
    logLevel: 'warning',
  });
  return outfile;
}
