/**
 * Creates the store that the settings name; today always a SQLite file in the data folder.
 */
import type { Backend } from './engine.ts';
import { type SqliteOptions, sqliteBackend } from './sqlite/backend.ts';

/** Returns the engine and its capabilities; `engine.open` opens the store. */
export function openBackend(settings: SqliteOptions): Backend {
  return sqliteBackend(settings);
}
