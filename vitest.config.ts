import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Each package says in its own file that workspace imports resolve to source: tests need no build first.
export default defineConfig({
  // Many tests wait for a disk, a process or a timeout of the protocol: on two cores two at a time take half as long as one, and three
  // no less than two.
  test: { projects: ['packages/*', 'apps/*'], maxWorkers: Math.max(2, availableParallelism() - 1) },
});
