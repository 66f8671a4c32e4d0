/** What was: throughput and times by queue and jobtype, failures by their kind. */
import {
  type ErrorGroups,
  formatTime,
  type History,
  type KindRow,
  type SecondSample,
} from '@faktory-ts/protocol';
import type { FastifyRequest } from 'fastify';
import type { Jobs } from '../jobs/jobs.ts';
import { type ApiRoute, object, oneOf, text } from './routes.ts';

const MINUTE = 60; // seconds
const HOUR = 3600;
const DAY = 86_400;
const SECOND = 1_000_000; // µs

/** Seconds that each span lasts, of one step as it is kept, and how many of those a point joins. */
const spans = {
  '30m': { lasts: 30 * MINUTE, kept: 'minute', joins: 1 },
  '3h': { lasts: 3 * HOUR, kept: 'minute', joins: 1 },
  '24h': { lasts: DAY, kept: 'minute', joins: 5 },
  '7d': { lasts: 7 * DAY, kept: 'hour', joins: 1 },
  '30d': { lasts: 30 * DAY, kept: 'hour', joins: 3 },
  '180d': { lasts: 180 * DAY, kept: 'hour', joins: 24 },
} as const;
type Span = keyof typeof spans;

const span = oneOf(Object.keys(spans), 'Until now.');

/** What the routes of this file need. */
export interface HistorySources {
  readonly jobs: Jobs;
  /** The last minutes by the second. */
  seconds(): readonly SecondSample[];
}

export function historyRoutes({ jobs, seconds }: HistorySources): ApiRoute[] {
  const tags = ['history'];
  return [
    {
      method: 'GET',
      path: '/seconds',
      schema: { summary: 'The last three minutes second by second, as sums.', tags },
      run: async (): Promise<{ samples: readonly SecondSample[] }> => ({ samples: seconds() }),
    },
    {
      method: 'GET',
      path: '/history',
      schema: {
        summary: 'What was pushed, done and failed, and how long jobs waited and ran.',
        tags,
        querystring: object({
          span,
          queue: text('Only of this queue.'),
          jobtype: text('Only of this jobtype.'),
        }),
      },
      run: (request) => history(jobs, request),
    },
    {
      method: 'GET',
      path: '/kinds',
      schema: { summary: 'Sums by queue and jobtype.', tags, querystring: object({ span }) },
      run: async (request): Promise<{ kinds: readonly KindRow[] }> => ({
        kinds: await jobs.history.kinds(begin(jobs, request)),
      }),
    },
    {
      method: 'GET',
      path: '/errors',
      schema: { summary: 'Failures by kind.', tags, querystring: object({ span }) },
      run: (request) => errors(jobs, request),
    },
  ];
}

const spanOf = (request: FastifyRequest): Span => (request.query as { span?: Span }).span ?? '24h';

function begin(jobs: Jobs, request: FastifyRequest): number {
  return jobs.engine.clock() - spans[spanOf(request)].lasts * SECOND;
}

/** The steps are whole ones, and those without events are there too: a chart needs no rule of its own. */
async function history(jobs: Jobs, request: FastifyRequest): Promise<History> {
  const { queue, jobtype } = request.query as { queue?: string; jobtype?: string };
  const { lasts, kept, joins } = spans[spanOf(request)];
  const step = (kept === 'minute' ? MINUTE : HOUR) * joins;
  const now = jobs.engine.clock();
  const last = now - (now % (step * SECOND));
  const count = Math.ceil(lasts / step);
  const from = last - (count - 1) * step * SECOND;
  const known = await jobs.history.series({ from, until: now + 1, step: kept, join: joins, queue, jobtype });
  const byTime = new Map(known.map((point) => [point.at, point]));
  const points = Array.from({ length: count }, (_, index) => {
    const at = from + index * step * SECOND;
    const { wait, run, ...events } = byTime.get(at) ?? { pushed: 0, done: 0, failed: 0, dead: 0 };
    return { ...events, at: formatTime(at), ...(wait && { wait }), ...(run && { run }) };
  });
  return { step, until: formatTime(now), points };
}

async function errors(jobs: Jobs, request: FastifyRequest): Promise<ErrorGroups> {
  const groups = await jobs.history.errors({ from: begin(jobs, request) }, request.gone);
  return {
    partial: groups.some(({ partial }) => partial),
    groups: groups.map(({ first, last, hours, partial: _, ...group }) => ({
      ...group,
      first_at: formatTime(first),
      last_at: formatTime(last),
      hours: hours.map(({ at, count }) => ({ at: formatTime(at), count })),
    })),
  };
}
