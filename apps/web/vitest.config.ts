import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // The test of what the browser loads looks at the built page.
  test: { testTimeout: 20_000, globalSetup: '../../scripts/build-once.mjs', env: { TZ: 'Europe/Berlin' } },
});
