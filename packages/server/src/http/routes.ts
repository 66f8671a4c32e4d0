/**
 * The type of a route of `/api`, and the answer for an error. The schema of a route checks its
 * requests and is its part of the OpenAPI document.
 *
 * Note: a schema checks the shape only. The readers of the protocol decide what a filter or a job
 * means, so HTTP and the wire agree.
 */
import { type ApiError, FaktoryError } from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest, FastifySchema, RouteShorthandOptions } from 'fastify';
import type { Logger } from '../log.ts';
import { statusOf } from './guard.ts';

/** One route. `path` stands behind `/api`. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly schema: FastifySchema & { readonly summary: string; readonly tags: readonly string[] };
  /** Only these of the options. */
  readonly options?: Pick<RouteShorthandOptions, 'bodyLimit' | 'validatorCompiler'>;
  run(request: FastifyRequest, reply: FastifyReply): unknown;
}

/** For answers that are written already. */
export const JSON_TYPE = 'application/json; charset=utf-8';

type Schema = Readonly<Record<string, unknown>>;

/** An object that has these members and no others. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** Text of at most so many characters. */
export function text(description: string, maxLength = 1000): Schema {
  return { type: 'string', maxLength, description };
}

/** One of these words. */
export function oneOf(words: readonly string[], description: string): Schema {
  return { type: 'string', enum: words, description };
}

/** A whole number in a range. */
export function integer(description: string, minimum: number, maximum: number): Schema {
  return { type: 'integer', minimum, maximum, description };
}

/** A list; in an address one value alone is a list too. */
export function listOf(items: Schema, maxItems = 1000): Schema {
  return { type: 'array', items, minItems: 1, maxItems };
}

/** The member of an address beside {@link nameIn}. */
export const nameBeside = text(
  'The name, where it cannot stand in a path: `.`, `..`, with `/` or `%`. The path has `~` then.',
);

/** The name that the path of a request has, or `~` and its query. */
export function nameIn({ params, query }: FastifyRequest, member: string): string {
  const name = (params as Readonly<Record<string, string>>)[member] ?? '';
  return name === '~' ? ((query as { name?: string }).name ?? name) : name;
}

/** The answer of a route that only does something. */
export const done = { 204: { type: 'null', description: 'It is done.' } } as const;

/** Answers with the error: its code and text, and the status that goes with it. What is not ours is logged and kept to ourselves. */
export function answerError(error: unknown, reply: FastifyReply, log: Logger): FastifyReply {
  const { known, status } = asKnown(error);
  if (status === 500) log.error(`a page failed unexpectedly: ${(error as Error)?.stack ?? String(error)}`);
  if (status === 429 || status === 503) reply.header('Retry-After', '2');
  return reply.code(status).send({ code: known.code, error: known.message } satisfies ApiError);
}

/** Fastify's own errors have a status and a text that says what is wrong with the request. */
function asKnown(error: unknown): { known: { code: string; message: string }; status: number } {
  if (error instanceof FaktoryError) return { known: error, status: statusOf(error) };
  const { statusCode = 500, message = '' } = (error ?? {}) as { statusCode?: number; message?: string };
  if ((statusCode >= 400 && statusCode < 500) || statusCode === 503)
    return { known: { code: statusCode < 500 ? 'MALFORMED' : 'LIMIT', message }, status: statusCode };
  return { known: { code: 'ERR', message: 'internal error; the server’s log says more' }, status: 500 };
}
