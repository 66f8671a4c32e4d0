/*
 * A job's definition: its name, its defaults, and the schema that its arguments are checked with at both ends.
 * It must never run anything. A stranger would get wrong which type goes where: a push takes what goes into the schema, the
 * handler gets what comes out of it, because what travels is what was pushed and the worker runs the schema again.
 */

import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import { checkJobNumbers, defaultNames, type JobDefaults } from './job-options.ts';
import type { AsJson, JsonSafe } from './json-types.ts';
import type { StandardSchema } from './standard-schema.ts';

/** What {@link defineJob} gives. Both lists are types only: of the arguments of a push, and of those a handler gets. */
export interface JobDefinition<
  Name extends string = string,
  Input extends readonly unknown[] = readonly unknown[],
  Output extends readonly unknown[] = readonly unknown[],
> {
  readonly jobtype: Name;
  /** Of the list of arguments. */
  readonly schema?: StandardSchema<Input, Output> | undefined;
  /** Of the only argument. */
  readonly payload?: StandardSchema<Input[0], Output[0]> | undefined;
  /** What a pushed job has that does not say otherwise. */
  readonly defaults: JobDefaults;
  /** Never there at run time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/**
 * What a definition may say: defaults, in the wire's names, and one of two schemas. `schema` describes the list of arguments
 * (`z.tuple([z.string(), z.number()])`), `payload` the one and only argument (`z.object({ … })`).
 */
export type DefinitionOptions<
  Schema extends ArgumentsSchema | undefined,
  Payload extends StandardSchema | undefined,
> = JobDefaults &
  (
    | { schema?: Schema; payload?: undefined } //
    | { payload: Payload; schema?: undefined }
  );

type ArgumentsSchema = StandardSchema<readonly unknown[], readonly unknown[]>;
type Side = 'input' | 'output';
type TypesOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>;

/** The arguments that a definition's schemas describe; any when there is none. */
export type DefinedArguments<Schema, Payload, On extends Side> = Schema extends ArgumentsSchema
  ? TypesOf<Schema>[On]
  : Payload extends StandardSchema
    ? [TypesOf<Payload>[On]]
    : readonly unknown[];

/**
 * Defines a job, for `new Client({ jobs: [...] })` and for the worker that runs it. Takes any Standard Schema (zod, valibot,
 * arktype …), also one that answers later.
 *
 * The schema checks the arguments of a push as JSON will carry them (a Date arrives as text), and they travel as they were
 * given. The worker checks again, and the handler gets what the schema makes of them: defaults filled in, texts parsed. Schemas
 * other than of these types, and extra options, do not compile; options that do not exist are refused at run time too.
 *
 * @throws FaktoryError `CONFIG` for an option that does not exist, a default that cannot be, both `schema` and `payload`, or one that is no
 * Standard Schema.
 * @example
 * ```ts
 * import { z } from 'zod';
 *
 * const sendEmail = defineJob('SendEmail', { schema: z.tuple([z.string(), z.number()]), queue: 'mail', retry: 3 });
 * const resize = defineJob('Resize', { payload: z.object({ file: z.string(), width: z.number().default(80) }) });
 * const ping = defineJob('Ping', { schema: unchecked<[host: string]>() });
 *
 * const client = new Client({ jobs: [sendEmail, resize, ping] });
 * await client.push({ jobtype: 'SendEmail', args: ['a@example.com', 7] });
 * await client.push({ jobtype: 'Resize', args: [{ file: 'a.png' }], queue: 'slow' });
 * ```
 */
export function defineJob<
  const Name extends string,
  Schema extends ArgumentsSchema | undefined = undefined,
  Payload extends StandardSchema | undefined = undefined,
>(
  jobtype: Name,
  options?: DefinitionOptions<Schema, Payload>,
): JobDefinition<
  Name,
  DefinedArguments<Schema, Payload, 'input'>,
  DefinedArguments<Schema, Payload, 'output'>
>;
export function defineJob(
  jobtype: string,
  options: DefinitionOptions<ArgumentsSchema | undefined, StandardSchema | undefined> = {},
): JobDefinition {
  if (typeof jobtype !== 'string' || jobtype === '') {
    const given = jobtype === '' ? 'empty' : typeof jobtype;
    throw new FaktoryError('CONFIG', `defineJob: a jobtype is a text, not ${given}`);
  }
  const unknown = unknownOption(options, ['schema', 'payload', ...defaultNames]);
  if (unknown !== undefined) throw new FaktoryError('CONFIG', `${jobtype}: ${unknown}`);
  const { schema, payload, ...defaults } = options;
  checkJobNumbers(defaults, 'CONFIG', `${jobtype}: `);
  if (schema !== undefined && payload !== undefined)
    throw new FaktoryError(
      'CONFIG',
      `${jobtype}: give either schema (all arguments) or payload (the only one)`,
    );
  for (const [option, given] of Object.entries({ schema, payload })) {
    if (given !== undefined && typeof given?.['~standard']?.validate !== 'function')
      throw new FaktoryError(
        'CONFIG',
        `${jobtype}: ${option} is no Standard Schema (zod, valibot, arktype …)`,
      );
  }
  return { jobtype, schema, payload, defaults };
}

/**
 * Definitions by their jobtype.
 *
 * @throws FaktoryError `CONFIG` for a jobtype that is defined twice, and for what `defineJob` did not make.
 * @example
 * ```ts
 * const table = definitionsByType([defineJob('Ping')]);
 * table.get('Ping')?.defaults;
 * ```
 */
export function definitionsByType(definitions: readonly JobDefinition[]): ReadonlyMap<string, JobDefinition> {
  if (!Array.isArray(definitions)) throw new FaktoryError('CONFIG', 'jobs must be a list of definitions');
  const table = new Map<string, JobDefinition>();
  for (const [at, definition] of definitions.entries()) {
    checkDefinition(at, definition);
    const { jobtype } = definition;
    if (table.has(jobtype))
      throw new FaktoryError('CONFIG', `jobs: ${jobtype} is defined twice, leave one out`);
    table.set(jobtype, definition);
  }
  return table;
}

/** Options beside those of {@link defineJob} would have no effect: a definition keeps them in `defaults`. */
function checkDefinition(at: number, definition: unknown): void {
  const { jobtype, defaults } = (definition ?? {}) as { jobtype?: unknown; defaults?: unknown };
  if (typeof jobtype !== 'string' || typeof defaults !== 'object' || defaults === null)
    throw new FaktoryError(
      'CONFIG',
      `jobs[${at}] is no definition; make it with defineJob('JobType', { … })`,
    );
  const unknown = unknownOption(definition as object, ['jobtype', 'schema', 'payload', 'defaults', 'types']);
  const inside = unknownOption(defaults, defaultNames, 'defaults.');
  if (unknown !== undefined || inside !== undefined)
    throw new FaktoryError('CONFIG', `jobs: ${jobtype}: ${unknown ?? inside}`);
}

/**
 * A schema that types the arguments and checks nothing.
 *
 * @example
 * ```ts
 * const sendEmail = defineJob('SendEmail', { schema: unchecked<[to: string, id: number]>(), queue: 'mail' });
 * ```
 */
export function unchecked<Args extends readonly unknown[]>(): StandardSchema<JsonSafe<Args>, AsJson<Args>> {
  return {
    '~standard': {
      version: 1,
      vendor: 'faktory-ts',
      validate: (value) => ({ value: value as AsJson<Args> }),
    },
  };
}

/**
 * The map of jobs that a list of definitions stands for: of what a push takes, or with `'output'` of what handlers get.
 *
 * @example
 * ```ts
 * const jobs = [defineJob('Ping', { schema: unchecked<[host: string]>() })];
 * type Jobs = DefinedJobs<typeof jobs>; // { Ping: [host: string] }
 * const client = new Client<Jobs>(); // without the checks: a program that has only the types
 * ```
 */
export type DefinedJobs<Definitions extends readonly JobDefinition[], On extends Side = 'input'> = {
  [Definition in Definitions[number] as Definition['jobtype']]: NonNullable<Definition['types']>[On];
};
