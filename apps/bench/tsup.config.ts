import { defineConfig } from 'tsup';
import { program } from '../../tsup.base.ts';

export default defineConfig(
  program({ entry: ['src/main.ts', 'src/echo.ts', 'src/bare-inserts.ts', 'src/loop-probe.ts'] }),
);
