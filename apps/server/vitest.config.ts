import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Many tests start a process, which takes its time on a busy machine.
  test: { globalSetup: '../../scripts/build-once.mjs', testTimeout: 30_000 },
});
