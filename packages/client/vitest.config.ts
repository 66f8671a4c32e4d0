import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
  // Many tests start servers and processes, which takes over five seconds on a busy machine.
  test: { testTimeout: 20_000, hookTimeout: 20_000 },
});
