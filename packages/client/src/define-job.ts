/*
 * Job definitions: a jobtype with the schema of its arguments and its defaults, said once for both ends.
 * It must never change what travels: the arguments go as they were given. A stranger would get wrong that a schema may turn its input
 * into something else (a default, a Date): the producer gives the input, and the worker, which checks again, hands its handler the output.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import type { JobOptions } from './job-options.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

/** Options that a definition may set for all jobs of its type; what a push says wins. */
export type JobDefaults = Omit<JobOptions, 'jid' | 'at' | 'in' | 'bid'>;

/** A jobtype as {@link defineJob} made it. */
export interface JobDefinition<
  Type extends string = string,
  Input extends readonly unknown[] = readonly unknown[],
  Output extends readonly unknown[] = Input,
> {
  readonly jobtype: Type;
  /** Of the arguments as a list. Absent: they are not checked at run time. */
  readonly schema?: StandardSchema<Input, Output>;
  readonly defaults: JobDefaults;
  /** For the compiler alone. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** Definitions of any jobs. */
// biome-ignore lint/suspicious/noExplicitAny: a list of definitions holds tuples of every kind, which only any can stand for
export type AnyDefinition = JobDefinition<string, any, any>;

/** The map of jobs that producers push: each jobtype with what its schema takes. */
export type PushedJobs<Definitions extends readonly AnyDefinition[]> = {
  [T in Definitions[number]['jobtype']]: InputOf<Extract<Definitions[number], { jobtype: T }>>;
};

/** The map of jobs that handlers get: each jobtype with what its schema makes of the arguments. */
export type RunJobs<Definitions extends readonly AnyDefinition[]> = {
  [T in Definitions[number]['jobtype']]: OutputOf<Extract<Definitions[number], { jobtype: T }>>;
};

type InputOf<D> = D extends { types?: { input: infer Input extends readonly unknown[] } } ? Input : never;
type OutputOf<D> = D extends { types?: { output: infer Output extends readonly unknown[] } } ? Output : never;

/**
 * Defines a job for both ends: give the same list of definitions to `Client.of({ jobs })` and to `Worker.of({ jobs, … })`.
 *
 * `schema` is any Standard Schema (zod, valibot, arktype …) of the *list* of arguments. They are checked at the push and again before the
 * handler runs; its output is what the handler gets. The other options, in the wire's names, are the defaults of its jobs.
 *
 * @throws FaktoryError `CONFIG` for an empty jobtype, or a schema that is none.
 * @example
 * ```ts
 * import { z } from 'zod';
 *
 * const sendEmail = defineJob('SendEmail', { schema: z.tuple([z.email(), z.number()]), queue: 'mail', retry: 5 });
 * const client = Client.of({ jobs: [sendEmail] });
 * await client.push({ jobtype: 'SendEmail', args: ['bob@example.com', 7] });
 * ```
 */
export function defineJob<
  Type extends string,
  Input extends readonly unknown[],
  Output extends readonly unknown[],
>(
  jobtype: Type,
  options: JobDefaults & { schema: StandardSchema<Input, Output> },
): JobDefinition<Type, Input, Output>;
/**
 * Without a schema the compiler alone checks: the type of the arguments comes from `args`.
 *
 * @example
 * ```ts
 * const resize = defineJob('Resize', { args: argsOf<[file: string, width: number]>(), queue: 'slow' });
 * ```
 */
export function defineJob<Type extends string, Args extends readonly unknown[] = readonly unknown[]>(
  jobtype: Type,
  options?: JobDefaults & { args?: ArgsType<Args>; schema?: undefined },
): JobDefinition<Type, Args>;
export function defineJob(
  jobtype: string,
  options: JobDefaults & { schema?: AnyDefinition['schema'] | undefined; args?: unknown } = {},
): AnyDefinition {
  const { schema, args: _, ...defaults } = options;
  if (typeof jobtype !== 'string' || jobtype === '')
    throw new FaktoryError('CONFIG', 'a job needs a jobtype that is not empty');
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new FaktoryError(
      'CONFIG',
      `the schema of ${jobtype} is no Standard Schema (zod, valibot, arktype …)`,
    );
  }
  return { jobtype, defaults, ...(schema && { schema }) };
}

/** Says a type where a value is asked for; see {@link defineJob}. */
export interface ArgsType<Args> {
  readonly of?: Args;
}

/** The type of a job's arguments, for a definition without a schema. Nothing at run time. */
export function argsOf<Args extends readonly unknown[]>(): ArgsType<Args> {
  return {};
}

/** Definitions by jobtype. Throws `CONFIG` for two of one jobtype. */
export function definitionTable(definitions: readonly AnyDefinition[]): ReadonlyMap<string, AnyDefinition> {
  const table = new Map(definitions.map((definition) => [definition.jobtype, definition]));
  if (table.size === definitions.length) return table;
  throw new FaktoryError('CONFIG', 'a jobtype is defined twice');
}

/**
 * Checks arguments by the schema of their definition and gives its output; without a schema they pass as they are. At once, unless the
 * schema takes its time.
 *
 * @throws FaktoryError `INVALID`: jobtype, place and reason of everything that is wrong.
 */
export function checkArguments(
  definition: AnyDefinition | undefined,
  args: readonly unknown[],
): readonly unknown[] | Promise<readonly unknown[]> {
  if (definition?.schema === undefined) return args;
  const { jobtype, schema } = definition;
  const result = schema['~standard'].validate(args);
  return result instanceof Promise
    ? result.then((late) => outputOf(jobtype, late))
    : outputOf(jobtype, result);
}

function outputOf(
  jobtype: string,
  result: { readonly value?: unknown; readonly issues?: readonly SchemaIssue[] | undefined },
): readonly unknown[] {
  if (result.issues) {
    throw new FaktoryError('INVALID', `${jobtype}: ${result.issues.map(issueText).join('; ')}`);
  }
  if (Array.isArray(result.value)) return result.value;
  throw new FaktoryError('CONFIG', `the schema of ${jobtype} must be one of a list of arguments`);
}

function issueText({ path = [], message }: SchemaIssue): string {
  const steps = path.map((step) => (typeof step === 'object' ? step.key : step));
  const place = steps.map((key) =>
    typeof key === 'number' || /^\d+$/.test(String(key)) ? `[${String(key)}]` : `.${String(key)}`,
  );
  return `args${place.join('')}: ${message}`;
}
