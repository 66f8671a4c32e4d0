import { defineConfig } from 'vitest/config';

// Each package says in its own file that workspace imports resolve to source: tests need no build first.
export default defineConfig({
  test: { projects: ['packages/*', 'apps/*'] },
});
