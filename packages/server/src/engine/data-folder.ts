/**
 * Tools for the data folder of a stopped server: check, compact, backup, restore, dump, load,
 * salvage. They work on SQLite files only; another kind of store needs its own.
 */
export type { Compacted } from './sqlite/files/compact.ts';
export { DataFolder, type Restored, type Salvaged, sqliteVersion } from './sqlite/files/data-folder.ts';
export { type DumpedJob, jobLine } from './sqlite/files/dump.ts';
export type { Loaded, LoadOptions } from './sqlite/files/load.ts';
export type { Loss } from './sqlite/files/salvage.ts';
