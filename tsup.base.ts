// How every package is built: one place for what tsup needs to be told.
// Dependencies (workspace ones too) stay imports; only a package's own source ends up in its dist.
import type { Options } from 'tsup';

const shared: Options = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  silent: true,
  // tsup would write 'sqlite' for 'node:sqlite', and that name does not exist without its prefix.
  removeNodeProtocol: false,
};

/** A library: ES modules, CommonJS too where asked, with types for each. */
export function library(options: Options = {}): Options {
  return {
    ...shared,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    // tsup passes `baseUrl` to the compiler, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    ...options,
  };
}

/** A program that Node starts: ES modules, no types. */
export function program(options: Options = {}): Options {
  return { ...shared, entry: ['src/main.ts'], format: ['esm'], ...options };
}
