import { defineConfig } from 'tsup';
import { library, program } from '../../tsup.base.ts';

// The two are built at the same time into one folder: neither may empty it.
export default defineConfig([
  // `shims`: import.meta.url in the CommonJS build too, by which the heart's thread is found.
  library({ clean: false, shims: true }),
  program({ entry: ['src/heart-thread.ts'], clean: false }),
  program({ entry: ['src/cli.ts'], clean: false, banner: { js: '#!/usr/bin/env node' } }),
]);
