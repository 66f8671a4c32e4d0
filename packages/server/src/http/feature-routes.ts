/**
 * Routes of features below `/api`. The guard asks for the right of each, as for the other routes; the answer is bounded.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import type { Feature, FeatureRequest, FeatureRoute } from '../jobs/feature.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type ApiRoute, done } from './routes.ts';

/** What the routes of this file need. */
export interface FeatureSources {
  readonly features: readonly Feature[];
  readonly jobs: Jobs;
  readonly access: Access;
}

const MOST_ANSWER = 1024 * 1024; // bytes

export function featureRoutes(sources: FeatureSources): ApiRoute[] {
  return sources.features.flatMap(({ routes = [] }) =>
    routes.map((route): ApiRoute => {
      const { method, path, schema } = route;
      const usual =
        method === 'POST' ? { response: { 200: { description: 'The answer, as JSON.' }, ...done } } : {};
      return {
        method,
        path,
        schema: { ...usual, ...schema },
        run: (request, reply) => answer(sources, route, request, reply),
      };
    }),
  );
}

async function answer(
  { access, jobs }: FeatureSources,
  { run, path }: FeatureRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { params, query, body, caller, gone } = request;
  if (!caller) throw new FaktoryError('AUTH', 'Authorization required');
  const asked = { params, query, body: body ?? {} } as FeatureRequest;
  const from = { ...access.rights.callerOf(caller), wid: '', extended: true, signal: gone };
  const value = await run(asked, from, jobs.services);
  if (value === undefined) return reply.code(204).send();
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MOST_ANSWER) return reply.type('application/json').send(text);
  const wrong = `the answer of /api${path} has ${bytes} bytes, the most is ${MOST_ANSWER}; ask for less`;
  throw new FaktoryError('LIMIT', wrong);
}
