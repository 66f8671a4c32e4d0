/**
 * The entry of the package: the worker and the types of its handlers. The worker's internal parts
 * are not exported.
 *
 * Note: the `faktory-worker` program is in cli.ts. A program that starts its own workers needs only
 * `Worker`.
 */

export type { AnyJobs, AsJson, JobMap } from '@faktory-ts/client';
export { type ErrorCode, FaktoryError, fieldsFirst, type Job } from '@faktory-ts/protocol';
export type { JobContext } from './context.ts';
export { type ConfigExport, defineConfig, type WorkerConfig } from './define-config.ts';
export { type ErrorClass, type ErrorRule, errorRule, type Ruling } from './error-rules.ts';
export type { HandlerOptions } from './handler-options.ts';
export type {
  AnyHandler,
  Handler,
  HandlerClass,
  HandlerEntry,
  HandlerObject,
  Handlers,
  InlineSettings,
  IsolatedSettings,
  RunMap,
} from './handlers.ts';
export type { IsolationOptions } from './isolation/options.ts';
export { JobCrashed, JobTimeout } from './job-errors.ts';
export type { FieldsFirstLogger, Logger } from './log.ts';
export type { JobOf, Middleware } from './middleware.ts';
export type { RunEnd, WorkerObserver } from './observer.ts';
export type { WorkerOptions } from './options.ts';
export type { Queues } from './queues.ts';
export type { RunningJob } from './slots.ts';
export { Worker, type WorkerState } from './worker.ts';
