/*
 * The door of the package: a typed producer, and the connection that the worker package stands on.
 * It must never export what only one file here needs. A stranger would get wrong that `commands` and `Connection` are for
 * building other ends of the wire (the worker is one); programs that push jobs need only `Client`.
 */

export {
  type ErrorCode,
  FaktoryError,
  type Info,
  type Job,
  type Mutation,
  type MutationFilter,
} from '@faktory-ts/protocol';
export type { CallOptions } from './call.ts';
export { type BulkResult, Client, type ClientOptions } from './client.ts';
export { commands, type Refused, type WorkerSignal } from './commands.ts';
export { Connection, type ConnectionOptions } from './connection.ts';
export type { AnyJobs, JobMap, JobOptions, PushJob } from './job-options.ts';
export type { LinkOptions } from './link.ts';
export { resolveServers, type ServerAddress, type ServerChoice } from './url.ts';
