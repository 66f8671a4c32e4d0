/**
 * `/api`: all that the web UI's pages ask for, and whoever writes programs against it. One table of routes; of each the guard is asked
 * first, and what it throws becomes a JSON answer with a code.
 *
 * The OpenAPI document at `/api/openapi.json` is made from the schemas that check what is asked.
 */
import { checkMembers, excerpt, FaktoryError } from '@faktory-ts/protocol';
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify';
import type { Logger } from '../log.ts';
import { type AboutSources, aboutRoutes, backupRoutes } from './about-routes.ts';
import type { Bodies } from './bodies.ts';
import { checkDepth } from './body-depth.ts';
import { type FeatureSources, featureRoutes } from './feature-routes.ts';
import { COOKIE, type Guard } from './guard.ts';
import { type HistorySources, historyRoutes } from './history-routes.ts';
import { type JobSources, jobRoutes } from './job-routes.ts';
import type { Live } from './live.ts';
import { type QueueSources, queueRoutes, workerRoutes } from './queue-routes.ts';
import { type ApiRoute, answerError, JSON_TYPE, listOf, object, oneOf, text } from './routes.ts';
import { loginRoutes, type SessionSources, sessionRoute } from './session-routes.ts';
import { undoRoutes } from './undo-routes.ts';

/** What the API tells of. */
export type ApiSources = JobSources &
  QueueSources &
  AboutSources &
  SessionSources &
  HistorySources &
  FeatureSources;

const MOST_BODY = 1024 * 1024; // bytes, where a route has no limit of its own

/** Adds the routes below `/api`. */
export async function addApi(
  app: FastifyInstance,
  guard: Guard,
  live: Live,
  bodies: Bodies,
  sources: ApiSources,
  log: Logger,
): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger');
  await app.register(async (api) => {
    await api.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: describe(sources.version),
        components: { securitySchemes },
        security,
      },
      transform: ({ schema, url }) => ({ schema: withErrors(schema), url }),
    });
    api.decorateRequest('loggedIn', false);
    api.decorateRequest('deed', undefined);
    api.decorateRequest('gone');
    api.setErrorHandler((error, _request, reply) => answerError(error, reply, log));
    api.removeAllContentTypeParsers(); // of them text/plain, which any site's form may send
    // Jobs are read by the protocol's own reader, from the text as it came.
    api.addContentTypeParser('application/json', async (request: FastifyRequest) => {
      checkEncoding(request);
      const body = await bodies.read(request.raw, request.routeOptions.bodyLimit ?? MOST_BODY);
      return request.routeOptions.url === '/api/jobs' ? body : parsed(body);
    });
    for (const route of loginRoutes(sources)) add(api, route);
    const open = [sessionRoute(sources), liveRoute(live), ...jobRoutes(sources), ...queueRoutes(sources)];
    const rest = [...workerRoutes(sources), ...undoRoutes(sources.jobs), ...historyRoutes(sources)];
    for (const route of [
      ...open,
      ...rest,
      ...aboutRoutes(sources),
      ...backupRoutes(sources),
      ...featureRoutes(sources),
    ])
      add(api, route, guard);
    api.get('/api/openapi.json', { onRequest: guard.api, schema: { hide: true } as object }, () =>
      api.swagger(),
    );
  });
}

function add(api: FastifyInstance, route: ApiRoute, guard?: Guard): void {
  const { method, path, schema, options, run } = route;
  api.route({
    ...options,
    method,
    url: `/api${path}`,
    schema,
    ...(guard && { onRequest: guard.api, onSend: guard.answered }),
    handler: (request, reply) => run(request, reply),
  });
}

/** A compressed body is refused whatever its bytes are: nothing here unpacks one. */
function checkEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() === 'identity') return;
  const text = `a body with Content-Encoding ${excerpt(encoding)} is not read; send it uncompressed`;
  throw Object.assign(new Error(text), { statusCode: 415 });
}

function parsed(body: string): unknown {
  if (body === '') return {};
  checkDepth(body);
  checkMembers(body);
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new FaktoryError('MALFORMED', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function liveRoute(live: Live): ApiRoute {
  const topics = listOf(oneOf(['stats', 'attention', 'queues', 'workers'], 'What to tell.'));
  return {
    method: 'GET',
    path: '/live',
    schema: {
      summary: 'How all is now. As a WebSocket, what changes: send {"topics": […]}.',
      tags: ['live'],
      querystring: object({ topics }, ['topics']),
    },
    run: async ({ query }: FastifyRequest, reply) =>
      reply.type(JSON_TYPE).send(await live.whole((query as { topics: string[] }).topics)),
  };
}

const securitySchemes = {
  basic: { type: 'http', scheme: 'basic' },
  token: { type: 'http', scheme: 'bearer', description: 'NAME:SECRET of a token.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: COOKIE,
    description: 'With _PORT behind it on a port of its own.',
  },
} as const;
const security = Object.keys(securitySchemes).map((name) => ({ [name]: [] }));

/** For the document alone: what is answered is checked by tests, and not cut to a schema. */
function withErrors(schema: FastifySchema): FastifySchema {
  const code = text('What kind of error it is: AUTH, FORBIDDEN, NOT_FOUND, MALFORMED, …');
  const error = object({ code, error: text('What is wrong, and what to do.') }, ['code', 'error']);
  const usual = { 200: { description: 'The answer, as JSON.' } };
  const response = { ...(schema?.response ?? usual), default: { description: 'An error.', ...error } };
  return { ...schema, response };
}

function describe(version: string) {
  const description =
    'What the web UI asks for. Basic authentication, a token as Bearer NAME:SECRET, or the cookie of a login. Times are RFC 3339, durations seconds.';
  return { title: 'faktory-ts', version, description };
}
