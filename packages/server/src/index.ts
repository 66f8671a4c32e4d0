/** The door of the server as a library. */
export type { Info } from '@faktory-ts/protocol';
export { type Token, TokenFile, tokenRights } from './access/tokens.ts';
export { checkOptions } from './check-options.ts';
export {
  type Compacted,
  DataFolder,
  type DumpedJob,
  jobLine,
  type Loaded,
  type LoadOptions,
  type Loss,
  type Restored,
  type Salvaged,
  sqliteVersion,
} from './engine/data-folder.ts';
export type { Backup } from './engine/engine.ts';
export type { FeatureRight } from './jobs/feature.ts';
export type { FieldsFirstLogger, Logger } from './log.ts';
export type { ServerOptions } from './options.ts';
export { createServer } from './server.ts';
export type { Reloadable, Server } from './server-type.ts';
export type { Tls } from './tls.ts';
