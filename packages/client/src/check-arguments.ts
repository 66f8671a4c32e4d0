/*
 * Runs a definition's schema over a job's arguments. Client and worker both do.
 * It must never change the arguments themselves. A stranger would get wrong that it answers at once when the schema does, not
 * with a promise: pushes keep the order in which they were called.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import type { JobDefinition } from './define-job.ts';
import { pathText } from './path-text.ts';
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';

const issuesTold = 10; // a list of a million bad entries is one readable message

/**
 * What the schema of a definition makes of arguments: the list that a handler gets. A promise when the schema answers later.
 *
 * @throws FaktoryError `INVALID`, or rejects with it, when the schema refuses them: `SendEmail: args[1].id: expected a number`.
 * @example
 * ```ts
 * const ping = defineJob('Ping', { schema: unchecked<[host: string]>() });
 * const args = await checkArguments(ping, ['example.com']);
 * ```
 */
export function checkArguments<Output extends readonly unknown[]>(
  definition: JobDefinition<string, readonly unknown[], Output>,
  args: readonly unknown[],
): Output | Promise<Output> {
  const { schema, payload, jobtype } = definition;
  if (payload !== undefined) {
    if (args.length !== 1) throw invalid(jobtype, [`takes one argument, got ${args.length}`]);
    const result = validated(jobtype, payload, args[0]);
    return whenKnown(result, (known) => [read(jobtype, known, [0])] as unknown as Output);
  }
  if (schema === undefined) return args as Output;
  return whenKnown(validated(jobtype, schema, args), (known) => list(jobtype, read(jobtype, known, [])));
}

/** A schema that breaks instead of answering refuses the arguments, and says why. */
function validated<T>(
  jobtype: string,
  schema: StandardSchema<unknown, T>,
  value: unknown,
): SchemaResult<T> | Promise<SchemaResult<T>> {
  try {
    const result = schema['~standard'].validate(value);
    return 'then' in result ? Promise.resolve(result).catch((cause) => broken(jobtype, cause)) : result;
  } catch (cause) {
    return broken(jobtype, cause);
  }
}

function broken(jobtype: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new FaktoryError('INVALID', `${jobtype}: its schema failed: ${reason}`, { cause });
}

function whenKnown<T, Output>(
  result: SchemaResult<T> | Promise<SchemaResult<T>>,
  then: (known: SchemaResult<T>) => Output,
): Output | Promise<Output> {
  return 'then' in result ? Promise.resolve(result).then(then) : then(result);
}

function read<T>(jobtype: string, result: SchemaResult<T>, above: readonly PropertyKey[]): T {
  if (!result.issues) return result.value;
  const told = result.issues.slice(0, issuesTold).map((issue) => issueText(issue, above));
  const more = result.issues.length - told.length;
  throw invalid(jobtype, more > 0 ? [...told, `and ${more} more`] : told);
}

/** A program without types may hold a schema that makes something else of the list. */
function list<Output>(jobtype: string, value: Output): Output {
  if (Array.isArray(value)) return value;
  throw invalid(jobtype, ['its schema must give a list of arguments; for one argument use payload']);
}

function invalid(jobtype: string, texts: readonly string[]): FaktoryError {
  return new FaktoryError('INVALID', `${jobtype}: ${texts.join('; ')}`);
}

function issueText({ message, path = [] }: SchemaIssue, above: readonly PropertyKey[]): string {
  const keys = [...above, ...path.map((step) => (typeof step === 'object' ? step.key : step))];
  return `${pathText('args', keys)}: ${message}`;
}
