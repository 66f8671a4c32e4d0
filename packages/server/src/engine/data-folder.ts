/**
 * The tools for a store that no server has open: check, compact, backup, restore, dump, load, salvage. Another kind of store has its own
 * tools.
 */
export type { Compacted } from './sqlite/files/compact.ts';
export { DataFolder, type Restored, type Salvaged, sqliteVersion } from './sqlite/files/data-folder.ts';
export { type DumpedJob, jobLine } from './sqlite/files/dump.ts';
export type { Loaded, LoadOptions } from './sqlite/files/load.ts';
export type { Loss } from './sqlite/files/salvage.ts';
