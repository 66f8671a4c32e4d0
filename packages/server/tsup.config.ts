import { defineConfig } from 'tsup';
import { library, program } from '../../tsup.base.ts';
import { copyWeb } from './web-files.ts';

// All are built at the same time into one folder: none may empty it, so no file may have a name that changes.
export default defineConfig([
  // import.meta.url in the CommonJS build too, by which the binding of SQLite and the files of threads and processes are found.
  library({ clean: false, shims: true, onSuccess: copyWeb }),
  program({ entry: { 'backup-child': 'src/engine/sqlite/files/backup-child.ts' }, clean: false }),
  program({ entry: { 'reader-thread': 'src/engine/sqlite/reading/reader-thread.ts' }, clean: false }),
]);
