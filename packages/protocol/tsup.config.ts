import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.ts';

// 'neutral': the protocol runs in a browser too, so no Node API may slip in.
export default defineConfig(library({ platform: 'neutral' }));
