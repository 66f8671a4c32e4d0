import { defineConfig } from 'tsup';
import { library, program } from '../../tsup.base.ts';

// They are built at the same time into one folder: none may empty it.
export default defineConfig([
  // `shims`: the CommonJS form, too, must find the files of its threads beside it.
  library({ entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' }, clean: false, shims: true }),
  program({
    entry: { 'heart-thread': 'src/heart-thread.ts', inside: 'src/isolation/inside.ts' },
    clean: false,
  }),
  program({ entry: ['src/cli.ts'], clean: false, banner: { js: '#!/usr/bin/env node' } }),
]);
