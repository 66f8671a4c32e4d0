import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Some tests start the built program.
  // Some tests restart servers under load, which takes more than five seconds on a busy machine.
  test: { testTimeout: 20_000, globalSetup: '../../scripts/build-once.mjs' },
});
