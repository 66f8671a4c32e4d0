import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Some tests start the built program.
  test: { globalSetup: '../../scripts/build-once.mjs' },
});
