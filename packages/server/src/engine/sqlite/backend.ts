/**
 * Builds a SQLite store with all four capabilities.
 */
import type { Archive, Backend, Engine, Finder, History } from '../engine.ts';
import { SharedStore, type SqliteOptions } from './shared-store.ts';
import { SqliteArchive } from './sqlite-archive.ts';
import { SqliteEngine } from './sqlite-engine.ts';
import { SqliteFinder } from './sqlite-finder.ts';
import { SqliteHistory } from './sqlite-history.ts';

export type { SqliteOptions } from './shared-store.ts';

/** A backend in which no capability is missing. */
export interface SqliteBackend extends Backend {
  readonly engine: Engine;
  readonly finder: Finder;
  readonly history: History;
  readonly archive: Archive;
}

/** Returns the store of a data folder, still closed. Call `engine.open` to open it. */
export function sqliteBackend(options: SqliteOptions): SqliteBackend {
  const open = new SharedStore(options);
  return {
    engine: new SqliteEngine(open),
    finder: new SqliteFinder(open, open.deadLimit),
    history: new SqliteHistory(open),
    archive: new SqliteArchive(open),
  };
}
