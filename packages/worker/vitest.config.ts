import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Some tests start the built program.
  // Some stop or restart servers under load: on a busy machine that takes longer than the usual five seconds.
  test: { testTimeout: 20_000, globalSetup: '../../scripts/build-once.mjs' },
});
