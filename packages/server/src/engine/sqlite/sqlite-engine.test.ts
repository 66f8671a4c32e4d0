/**
 * The SQLite engine keeps every promise of `Engine`. Its own files (folder, schema, turn) are tested beside them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exerciseEngine } from '../conformance/index.ts';
import { SqliteEngine } from './sqlite-engine.ts';

exerciseEngine('SQLite', async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-engine-'));
  let engine = new SqliteEngine({ dir, sync: 'off', ...options });
  await engine.open();
  const reopen = async (): Promise<SqliteEngine> => {
    await engine.close();
    engine = new SqliteEngine({ dir, sync: 'off', ...options });
    await engine.open();
    return engine;
  };
  const dispose = async (): Promise<void> => {
    await engine.close();
    rmSync(dir, { recursive: true });
  };
  return { engine, reopen, dispose };
});
