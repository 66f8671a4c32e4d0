/*
 * Which jobs a client or a worker knows: types only.
 * It must never be there at run time. A stranger would get wrong that there is one type argument for two things: a map of jobs, or a
 * list of definitions, whose map is worked out here.
 */

import type { DefinedJobs, JobDefinition } from './define-job.ts';
import type { JobOptions } from './job-options.ts';

/** What a map of jobs must look like: each jobtype with the tuple of its arguments. An interface or a type alias. */
export type JobMap<Jobs> = { [T in keyof Jobs]: readonly unknown[] };

/** The map of a program that does not say: any jobtype with any arguments. */
export type AnyJobs = Record<string, readonly unknown[]>;

/** What types a client: a map of jobs, or a list of definitions. */
export type JobTypes<Given> = JobMap<Given> | readonly JobDefinition[];

/** The map of what a push takes. */
export type PushMap<Given> = Given extends readonly JobDefinition[] ? DefinedJobs<Given> : Given;

type Args<Given> = Given extends readonly unknown[] ? Readonly<Given> : readonly unknown[];

/** A job to push: one of the jobtypes with the arguments of that type. Arguments must survive JSON. */
export type PushJob<Given extends JobTypes<Given> = AnyJobs> = JobOf<PushMap<Given>>;

type JobOf<Map> = {
  [T in keyof Map & string]: JobOptions & { jobtype: T; args: Args<Map[T]> };
}[keyof Map & string];
