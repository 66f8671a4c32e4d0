/** The door of the server as a library. */
export type { Info } from '@faktory-ts/protocol';
export { type Token, TokenFile } from './access/tokens.ts';
export { checkOptions } from './check-options.ts';
export type { Backup } from './engine/engine.ts';
export type { Compacted } from './engine/sqlite/files/compact.ts';
export {
  DataFolder,
  type Restored,
  type Salvaged,
  sqliteVersion,
} from './engine/sqlite/files/data-folder.ts';
export { type DumpedJob, jobLine } from './engine/sqlite/files/dump.ts';
export type { Loaded, LoadOptions } from './engine/sqlite/files/load.ts';
export type { Loss } from './engine/sqlite/files/salvage.ts';
export type { FieldsFirstLogger, Logger } from './log.ts';
export type { ServerOptions } from './options.ts';
export { createServer, type Reloadable, type Server } from './server.ts';
export type { Tls } from './tls.ts';
