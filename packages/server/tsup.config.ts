import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.ts';

// import.meta.url in the CommonJS build too, by which the binding of SQLite is required.
export default defineConfig(library({ shims: true }));
