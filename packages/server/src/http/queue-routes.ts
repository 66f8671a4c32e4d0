/** Queues and workers by HTTP: what QUEUES, QUEUE, WORKERS and SIGNAL do on the wire. */
import { FaktoryError, type QueueRow, type WorkersStatus } from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Jobs } from '../jobs/jobs.ts';
import { writeInParts } from '../json-list.ts';
import type { Roster } from '../workers/roster.ts';
import { workersPieces } from '../workers/status.ts';
import { type ApiRoute, done, JSON_TYPE, nameBeside, nameIn, object, oneOf, text } from './routes.ts';

/** What the routes of this file need. */
export interface QueueSources {
  readonly jobs: Jobs;
  readonly roster: Roster;
  queues(): Promise<readonly QueueRow[]>;
  workers(): Promise<WorkersStatus>;
}

export function queueRoutes(sources: QueueSources): ApiRoute[] {
  const tags = ['queues'];
  const params = object({ name: text('Name of the queue.') }, ['name']);
  const acts = [
    ['pause', 'Hands out nothing of this queue until it is resumed.'],
    ['resume', 'Hands out its jobs again.'],
    ['remove', 'Forgets the queue and its ready jobs. This cannot be undone.'],
  ] as const;
  return [
    {
      method: 'GET',
      path: '/queues',
      schema: { summary: 'All queues, by name.', tags },
      run: async () => ({ queues: await sources.queues() }),
    },
    {
      method: 'GET',
      path: '/queues/:name',
      schema: { summary: 'One queue.', tags, params, querystring: object({ name: nameBeside }) },
      run: (request) => theQueue(sources, request),
    },
    ...acts.map(
      ([act, summary]): ApiRoute => ({
        method: 'POST',
        path: `/queues/:name/${act}`,
        schema: { summary, tags, params, querystring: object({ name: nameBeside }), response: done },
        run: (request, reply) => change(sources, act, request, reply),
      }),
    ),
  ];
}

export function workerRoutes({ workers, roster }: QueueSources): ApiRoute[] {
  const tags = ['workers'];
  const wid = text('Wid of a worker, or `all`.');
  const state = oneOf(['quiet', 'terminate'], 'quiet: takes no more jobs; terminate: ends.');
  return [
    {
      method: 'GET',
      path: '/workers',
      schema: { summary: 'All workers and what they run.', tags },
      run: async (_request, reply) =>
        reply.type(JSON_TYPE).send(await writeInParts(workersPieces(await workers()))),
    },
    {
      method: 'POST',
      path: '/workers/signal',
      schema: {
        summary: 'Tells a worker with the answer to its next beat.',
        tags,
        body: object({ wid, state }, ['wid', 'state']),
      },
      run: async ({ body }) => {
        const signal = body as { wid: string; state: 'quiet' | 'terminate' };
        return { signalled: roster.signal(signal.wid, signal.state) };
      },
    },
  ];
}

async function theQueue({ queues }: QueueSources, request: FastifyRequest): Promise<QueueRow> {
  const name = nameIn(request, 'name');
  const found = (await queues()).find((queue) => queue.name === name);
  if (!found) throw new FaktoryError('NOT_FOUND', `there is no queue ${name}`);
  return found;
}

async function change(
  { jobs }: QueueSources,
  act: 'pause' | 'resume' | 'remove',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const name = nameIn(request, 'name');
  if (!(await jobs.engine.queues()).some((queue) => queue.name === name))
    throw new FaktoryError('NOT_FOUND', `there is no queue ${name}`);
  await jobs.engine.changeQueues([name], act);
  return reply.code(204).send();
}
