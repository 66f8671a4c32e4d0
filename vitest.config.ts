import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Each package says in its own file that workspace imports resolve to source: tests need no build first.
export default defineConfig({
  // Many tests wait for a disk, a process or a timeout of the protocol: two at a time left two cores idle for two fifths of the time.
  test: { projects: ['packages/*', 'apps/*'], maxWorkers: availableParallelism() + 1 },
});
