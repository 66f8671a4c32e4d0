import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // test/bundle.test.ts reads the built page.
  test: { testTimeout: 20_000, globalSetup: '../../scripts/build-once.mjs', env: { TZ: 'Europe/Berlin' } },
});
