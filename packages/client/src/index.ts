/**
 * The public exports of the package: a typed producer, and the connection that the worker package
 * uses.
 *
 * Note: programs that push jobs need only `Client`. `commands` and `Connection` are for other kinds
 * of clients, such as the worker.
 */

export {
  type ErrorCode,
  FaktoryError,
  type Info,
  type Job,
  type Mutation,
  type MutationFilter,
} from '@faktory-ts/protocol';
export { BulkError, type PushResult } from './bulk.ts';
export type { CallOptions } from './call.ts';
export { checkArguments } from './check-arguments.ts';
export { Client, type Producer } from './client.ts';
export type { ClientOptions } from './client-options.ts';
export { commands, type Refused, type WorkerSignal } from './commands.ts';
export { Connection } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export {
  type DefinedJobs,
  type DefinitionOptions,
  defineJob,
  definitionsByType,
  type JobDefinition,
  unchecked,
} from './define-job.ts';
export { type Duration, type DurationText, milliseconds } from './duration.ts';
export type { AnyJobs, JobMap, JobTypes, JobtypeOf, PushJob, PushMap, TypedJob } from './job-map.ts';
export type { JobDefaults, JobOptions, Time } from './job-options.ts';
export type { AsJson, JsonSafe, NotJson } from './json-types.ts';
export type { LinkOptions } from './link.ts';
export type { Pushing, PushMiddleware, Refusals } from './push-middleware.ts';
export { containing, JobSet, type SetFilter } from './sets.ts';
export type { RefusedJob } from './spool/lines.ts';
export type { SpoolOptions } from './spool/spool.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';
export { clientTls, type TlsChoice, type TlsFiles } from './tls-files.ts';
export { resolveServers, type ServerAddress, type ServerChoice } from './url.ts';
export { type SaidJob, wireJob } from './wire-job.ts';
