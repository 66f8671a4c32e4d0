/**
 * Runs the conformance tests of `Engine` and its capabilities on the SQLite store.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exerciseEngine } from '../conformance/index.ts';
import { type SqliteBackend, sqliteBackend } from './backend.ts';

exerciseEngine('SQLite', async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-engine-'));
  let backend = sqliteBackend({ dir, sync: 'off', ...options });
  await backend.engine.open();
  const reopen = async (): Promise<SqliteBackend> => {
    await backend.engine.close();
    backend = sqliteBackend({ dir, sync: 'off', ...options });
    await backend.engine.open();
    return backend;
  };
  const dispose = async (): Promise<void> => {
    await backend.engine.close();
    rmSync(dir, { recursive: true });
  };
  return { backend, reopen, dispose };
});
