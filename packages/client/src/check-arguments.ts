/**
 * Checks a job's arguments by its definition's schema, for client and worker.
 *
 * Note: the result is a promise only when the schema returns one, so pushes keep the order in which
 * they were called.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import type { JobDefinition } from './define-job.ts';
import { pathText } from './path-text.ts';
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';

const issuesTold = 10; // a list of a million bad entries still gives a readable message

/**
 * Checks arguments and returns what the schema makes of them: the list for the handler. Returns a
 * promise only when the schema does.
 *
 * @throws FaktoryError `INVALID`, or rejects with it, when the schema refuses them: `SendEmail:
 * args[1].id: expected a number`.
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

/** A schema that throws refuses the arguments, with its error as the reason. */
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

/** A program without types may have a schema that returns no list. */
function list<Output>(jobtype: string, value: Output): Output {
  if (Array.isArray(value)) return value;
  throw invalid(jobtype, ['its schema must return a list of arguments; for one argument use payload']);
}

function invalid(jobtype: string, texts: readonly string[]): FaktoryError {
  return new FaktoryError('INVALID', `${jobtype}: ${texts.join('; ')}`);
}

function issueText({ message, path = [] }: SchemaIssue, above: readonly PropertyKey[]): string {
  const keys = [...above, ...path.map((step) => (typeof step === 'object' ? step.key : step))];
  return `${pathText('args', keys)}: ${message}`;
}
