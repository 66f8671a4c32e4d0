/**
 * A job's definition: its name, its defaults, and the schema by which client and worker check its
 * arguments.
 *
 * Note: a push takes the schema's input, the handler gets its output. The input travels, and the
 * worker runs the schema again.
 */

import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import { checkJobNumbers, defaultNames, type JobDefaults } from './job-options.ts';
import type { AsJson, JsonSafe } from './json-types.ts';
import type { StandardSchema } from './standard-schema.ts';

/**
 * The result of {@link defineJob}. Both lists are types only: of the arguments of a push, and of
 * those that a handler gets.
 */
export interface JobDefinition<
  Name extends string = string,
  Input extends readonly unknown[] = readonly unknown[],
  Output extends readonly unknown[] = readonly unknown[],
> {
  readonly jobtype: Name;
  /** Schema of the list of arguments. */
  readonly schema?: StandardSchema<Input, Output> | undefined;
  /** Schema of the only argument. */
  readonly payload?: StandardSchema<Input[0], Output[0]> | undefined;
  /** Defaults of a pushed job. */
  readonly defaults: JobDefaults;
  /** Only for types; undefined at run time. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/**
 * Options of a definition: defaults, in the wire's names, and one of two schemas. `schema`
 * describes the list of arguments (`z.tuple([z.string(), z.number()])`), `payload` the only
 * argument (`z.object({ … })`).
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

/** The arguments that a definition's schema describes; any without a schema. */
export type DefinedArguments<Schema, Payload, On extends Side> = Schema extends ArgumentsSchema
  ? TypesOf<Schema>[On]
  : Payload extends StandardSchema
    ? [TypesOf<Payload>[On]]
    : readonly unknown[];

/**
 * Defines a job, for `new Client({ jobs: [...] })` and for the worker that runs it. Takes any
 * Standard Schema (zod, valibot, arktype …), also an asynchronous one.
 *
 * The schema checks the arguments of a push as JSON carries them (a Date becomes a text), and the
 * original arguments travel. The worker checks again, and the handler gets the schema's output:
 * defaults filled in, texts parsed. Schemas of other types and unknown options do not compile;
 * unknown options are also refused at run time.
 *
 * @throws FaktoryError `CONFIG` for an unknown option, an invalid default, both `schema` and
 * `payload`, or one that is not a Standard Schema.
 * @example
 * ```ts
 * import { z } from 'zod';
 *
 * const sendEmail = defineJob('SendEmail', {
 *   schema: z.tuple([z.string(), z.number()]),
 *   queue: 'mail',
 *   retry: 3,
 * });
 * const resize = defineJob('Resize', {
 *   payload: z.object({ file: z.string(), width: z.number().default(80) }),
 * });
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
        `${jobtype}: ${option} is not a Standard Schema (zod, valibot, arktype …)`,
      );
  }
  return { jobtype, schema, payload, defaults };
}

/**
 * Definitions by jobtype.
 *
 * @throws FaktoryError `CONFIG` for a jobtype that is defined twice, and for a value that is not
 * made by `defineJob`.
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

/**
 * A definition keeps its defaults in `defaults`; beside them they would have no effect, so they are
 * refused.
 */
function checkDefinition(at: number, definition: unknown): void {
  const { jobtype, defaults } = (definition ?? {}) as { jobtype?: unknown; defaults?: unknown };
  if (typeof jobtype !== 'string' || typeof defaults !== 'object' || defaults === null)
    throw new FaktoryError(
      'CONFIG',
      `jobs[${at}] is not a definition; make it with defineJob('JobType', { … })`,
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
 * const sendEmail = defineJob('SendEmail', {
 *   schema: unchecked<[to: string, id: number]>(),
 *   queue: 'mail',
 * });
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
 * The map of jobs of a list of definitions: with the arguments of a push, or with `'output'` those
 * of handlers.
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
