import { defineConfig } from 'tsup';
import { library, program } from '../../tsup.base.ts';

// All builds write to one folder at the same time, so none may empty it, and no file name may change.
export default defineConfig([
  library({
    entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
    clean: false,
    // import.meta.url in the CommonJS build too, by which the files of its threads are found.
    shims: true,
    esbuildOptions: (options, { format }) => {
      // What the two entries share as ES modules.
      options.chunkNames = 'shared';
      // Jest lets CommonJS import() nothing: the server package is then required.
      if (format === 'cjs') options.supported = { ...options.supported, 'dynamic-import': false };
    },
  }),
  // A build of its own: it shares only a few lines with the others, not worth a chunk for all.
  library({ entry: { opentelemetry: 'src/opentelemetry.ts' }, clean: false }),
  program({
    entry: { 'heart-thread': 'src/heart-thread.ts', inside: 'src/isolation/inside.ts' },
    clean: false,
  }),
  program({ entry: ['src/cli.ts'], clean: false, banner: { js: '#!/usr/bin/env node' } }),
]);
