/**
 * Types of the jobs that a client or a worker knows. Types only.
 *
 * Note: a type argument is either a map of jobs, or a list of definitions whose map is derived
 * here.
 */

import type { DefinedJobs, JobDefinition } from './define-job.ts';
import type { JobOptions } from './job-options.ts';
import type { JsonSafe } from './json-types.ts';

/**
 * The form of a map of jobs: each jobtype with the tuple of its arguments, which JSON can carry. An
 * interface or a type alias.
 */
export type JobMap<Jobs> = {
  [T in keyof Jobs]: Jobs[T] extends readonly unknown[] ? JsonSafe<Jobs[T]> : readonly unknown[];
};

/** The default map: any jobtype with any arguments. */
export type AnyJobs = Record<string, readonly unknown[]>;

/** The type argument of a client: a map of jobs, or a list of definitions. */
export type JobTypes<Given> = JobMap<Given> | readonly JobDefinition[];

/** The map with the arguments of a push. */
export type PushMap<Given> = Given extends readonly JobDefinition[] ? DefinedJobs<Given> : Given;

/** The jobtypes of a map of jobs or a list of definitions. */
export type JobtypeOf<Given> = keyof PushMap<Given> & string;

/** A job to push, of one of the jobtypes. Its arguments must survive JSON. */
export type TypedJob<Given, T extends JobtypeOf<Given>> = JobOptions & {
  jobtype: T;
  args: Readonly<PushMap<Given>[T]>;
};

/** A job to push: one of the jobtypes with the arguments of that type. */
export type PushJob<Given extends JobTypes<Given> = AnyJobs> = {
  [T in JobtypeOf<Given>]: TypedJob<Given, T>;
}[JobtypeOf<Given>];
