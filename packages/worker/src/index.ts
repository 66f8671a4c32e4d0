/*
 * The door of the package: the worker and what its handlers are made of.
 * It must never export the parts a worker is put together from (slots, heart): they change with it. A stranger would get wrong
 * that the `faktory-worker` program is not here but in cli.ts; a program that starts workers itself needs only `Worker`.
 */

export type { AnyJobs, JobMap } from '@faktory-ts/client';
export { type ErrorCode, FaktoryError, type Job } from '@faktory-ts/protocol';
export type { Handler, Handlers, JobContext } from './handlers.ts';
export type { Logger } from './log.ts';
export type { WorkerOptions } from './options.ts';
export type { Queues } from './queues.ts';
export type { RunningJob } from './slots.ts';
export { Worker, type WorkerState } from './worker.ts';
