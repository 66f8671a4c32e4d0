import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.ts';

export default defineConfig(
  library({
    entry: { index: 'src/index.ts', outbox: 'src/outbox/index.ts', opentelemetry: 'src/opentelemetry.ts' },
    // What the entries share as ES modules.
    esbuildOptions: (options) => {
      options.chunkNames = 'shared';
    },
  }),
);
