/**
 * Chooses the store that the settings name: today a SQLite file in the data folder.
 */
import type { Backend } from './engine.ts';
import { type SqliteOptions, sqliteBackend } from './sqlite/backend.ts';

/** The store with its capabilities; `engine.open` opens it. */
export function openBackend(settings: SqliteOptions): Backend {
  return sqliteBackend(settings);
}
