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
export {
  type AnyDefinition,
  type ArgsType,
  argsOf,
  checkArguments,
  defineJob,
  definitionTable,
  type JobDefaults,
  type JobDefinition,
  type PushedJobs,
  type RunJobs,
} from './define-job.ts';
export { type Duration, type DurationLike, type DurationText, durationMs } from './duration.ts';
export type { AnyJobs, InstantLike, JobMap, JobOptions, PushJob } from './job-options.ts';
export type { LinkOptions } from './link.ts';
export type { JobFilter, JobSet, WhichJobs } from './sets.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';
export { resolveServers, type ServerAddress, type ServerChoice } from './url.ts';
