import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@faktory-ts/source'] },
  ssr: { resolve: { conditions: ['@faktory-ts/source'] } },
});
