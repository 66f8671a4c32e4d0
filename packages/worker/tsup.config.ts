import { defineConfig } from 'tsup';
import { library, program } from '../../tsup.base.ts';

// The two are built at the same time into one folder: neither may empty it.
export default defineConfig([
  library({ clean: false }),
  program({ entry: ['src/cli.ts'], clean: false, banner: { js: '#!/usr/bin/env node' } }),
]);
