import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Property tests read hundreds of long texts, which on a busy machine takes longer than five seconds.
  test: { testTimeout: 20_000 },
});
