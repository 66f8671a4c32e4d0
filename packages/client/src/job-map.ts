/*
 * Which jobs a client or a worker knows: types only.
 * Note: one type argument stands for two things: a map of jobs, or a list of definitions, whose map is worked out here.
 */

import type { DefinedJobs, JobDefinition } from './define-job.ts';
import type { JobOptions } from './job-options.ts';
import type { JsonSafe } from './json-types.ts';

/**
 * What a map of jobs must look like: each jobtype with the tuple of its arguments, which JSON can carry. An interface or a type alias.
 */
export type JobMap<Jobs> = {
  [T in keyof Jobs]: Jobs[T] extends readonly unknown[] ? JsonSafe<Jobs[T]> : readonly unknown[];
};

/** The map of a program that does not say: any jobtype with any arguments. */
export type AnyJobs = Record<string, readonly unknown[]>;

/** What types a client: a map of jobs, or a list of definitions. */
export type JobTypes<Given> = JobMap<Given> | readonly JobDefinition[];

/** The map of what a push takes. */
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
