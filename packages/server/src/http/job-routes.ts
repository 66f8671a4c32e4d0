/**
 * Finding, changing and pushing jobs by HTTP: the same bites, filters and checks as JOBS, CHANGE and PUSH have on the wire.
 *
 * What is found comes from the reader's thread, so a page never makes the wire wait.
 */
import {
  type ChangedJobs,
  type CountedJobs,
  FaktoryError,
  type JobDetail,
  type JobPlace,
  type JobRows,
  jobPlaces,
  newJid,
  parseChange,
  parseJob,
  parseJobInParts,
  parseJobsAsk,
} from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Found } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { LARGE, largeParts, PART } from '../rounds.ts';
import { attemptsOf, jobAlone, jobRow, nameHeld, wholeJob } from './job-row.ts';
import type { Redaction } from './redact.ts';
import { type ApiRoute, integer, listOf, nameBeside, nameIn, object, oneOf, text } from './routes.ts';
import { type Around, whyNot } from './why.ts';

/** What the routes of this file need. */
export interface JobSources {
  readonly jobs: Jobs;
  readonly redaction: Redaction;
  readonly maxLineBytes: number;
  /** What is known around a job, for why it does not run. */
  around(found: Found, signal: AbortSignal): Promise<Around>;
}

const time = (description: string) => text(`${description} RFC 3339.`, 40);

const filter = {
  places: listOf(oneOf(jobPlaces, 'Where the job is.')),
  queues: listOf(text('Name of a queue.')),
  jobtypes: listOf(text('Jobtype.')),
  priorities: listOf(integer('Priority.', 1, 9)),
  jids: listOf(text('Jid.')),
  wid: text('Of the worker that runs it.'),
  text: text('Contained in the arguments.'),
  search: text('Contained in the job id or in the arguments.'),
  error: text('Contained in the type or the message of the last failure.'),
  fingerprints: listOf(text('Id of a group of errors.', 100)),
  from: time('Not before this.'),
  until: time('Before this.'),
  failed_from: time('Retries and dead only: failed not before this.'),
  failed_until: time('Failed before this.'),
};
const pushed = {
  type: 'object',
  description: 'A job, as PUSH takes it.',
  properties: {
    jid: { type: 'string' },
    jobtype: { type: 'string' },
    args: { type: 'array' },
    queue: { type: 'string' },
    priority: integer('Higher ones first.', 1, 9),
    at: time('Due then.'),
  },
  required: ['jobtype', 'args'],
};
const cursor = text('`next` of the last answer.');

export function jobRoutes(sources: JobSources): ApiRoute[] {
  const tags = ['jobs'];
  const jid = object({ jid: text('Jid.') }, ['jid']);
  const where = object({ place: oneOf(jobPlaces, 'Where to look first.'), name: nameBeside });
  return [
    {
      method: 'GET',
      path: '/jobs',
      schema: {
        summary: 'Finds jobs, a bite at a time: ask again with `cursor` while there is a `next`.',
        tags,
        querystring: object({
          ...filter,
          cursor,
          limit: integer('Most jobs in the answer.', 1, 1000),
          order: oneOf(['failed'], 'Retries and dead as one list, the last failure first.'),
        }),
      },
      run: (request) => find(sources, request),
    },
    {
      method: 'GET',
      path: '/jobs/count',
      schema: {
        summary: 'Counts the same jobs, a bite at a time.',
        tags,
        querystring: object({ ...filter, cursor }),
      },
      run: (request) => count(sources, request),
    },
    {
      method: 'GET',
      path: '/jobs/:jid',
      schema: {
        summary: 'One job, its attempts, and why it does not run.',
        tags,
        params: jid,
        querystring: where,
      },
      run: (request) => detail(sources, request),
    },
    {
      method: 'GET',
      path: '/jobs/:jid/raw',
      schema: { summary: 'The whole JSON text of a job.', tags, params: jid, querystring: where },
      run: (request, reply) => raw(sources, request, reply),
    },
    ...changing(sources, tags),
  ];
}

function changing(sources: JobSources, tags: readonly string[]): ApiRoute[] {
  const actions = ['discard', 'kill', 'requeue', 'schedule', 'move', 'prioritize'];
  const change = {
    action: oneOf(actions, 'What to do.'),
    at: time('For `schedule`: due then.'),
    queue: text('For `move`: to there.'),
    priority: integer('For `prioritize`.', 1, 9),
    evict: {
      type: 'boolean',
      description:
        'For `kill`: also when the oldest dead jobs are deleted because dead is full. Default: refused then.',
    },
    undo: text(
      'A name of the whole change, the same in all its bites: by it `POST /api/undo` takes it back.',
      64,
    ),
    cursor,
  };
  return [
    {
      method: 'POST',
      path: '/jobs',
      schema: {
        summary: 'Pushes a job. `jid` is made when there is none.',
        tags,
        body: pushed,
      },
      // The protocol's own reader decides.
      options: { bodyLimit: sources.maxLineBytes, validatorCompiler: () => () => true },
      run: (request) => push(sources, request),
    },
    {
      method: 'POST',
      path: '/jobs/change',
      schema: {
        summary: 'Changes the jobs that a filter finds, a bite at a time. Needs `places` or `jids`.',
        tags,
        body: object({ ...filter, ...change }, ['action']),
      },
      run: (request) => changeJobs(sources, request),
    },
  ];
}

async function find({ jobs, redaction }: JobSources, request: FastifyRequest): Promise<JobRows> {
  const { search, limit, cursor } = parseJobsAsk(JSON.stringify(request.query));
  redaction.permitSearch(search);
  const { jobs: found, ...progress } = await jobs.finder.find(search, { cursor, limit }, request.gone);
  return { jobs: found.map((each) => jobRow(each, redaction)), ...progress } as JobRows;
}

async function count({ jobs, redaction }: JobSources, request: FastifyRequest): Promise<CountedJobs> {
  const { search, cursor } = parseJobsAsk(JSON.stringify(request.query));
  redaction.permitSearch(search);
  return (await jobs.finder.count(search, cursor, request.gone)) as CountedJobs;
}

async function changeJobs({ jobs, redaction }: JobSources, request: FastifyRequest): Promise<ChangedJobs> {
  const asked = parseChange(JSON.stringify(request.body));
  redaction.permitSearch(asked.search);
  return (await jobs.change(asked, request.gone, request.caller?.who)) as ChangedJobs;
}

/** The text is read by the protocol's own reader, so numbers stay as they are written. */
async function push({ jobs }: JobSources, request: FastifyRequest): Promise<{ jid: string }> {
  const text = String(request.body);
  const job = text.length > LARGE ? await largeParts.read(parseJobInParts(text, PART)) : parseJob(text);
  const jid = job.jid === '' ? newJid() : job.jid;
  const found = await jobs.extrasOf(job, () => largeParts.next());
  await jobs.push({ ...job, jid }, undefined, found);
  return { jid };
}

async function detail(sources: JobSources, request: FastifyRequest): Promise<JobDetail> {
  const { redaction } = sources;
  const signal = request.gone;
  const found = await theJob(sources, request, signal);
  const why = whyNot(found, await sources.around(found, signal));
  return {
    ...jobRow(found, redaction),
    ...(await jobAlone(found, redaction)),
    attempts: attemptsOf(found),
    why,
    ...(found.names && { names: found.names.map(nameHeld) }),
  };
}

async function raw(sources: JobSources, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const found = await theJob(sources, request, request.gone);
  const name = `${found.jid.replace(/[^\w.-]/g, '_').slice(0, 100)}.json`;
  reply.header('Content-Disposition', `attachment; filename="${name}"`);
  return reply.type('application/json').send(await wholeJob(found, sources.redaction));
}

/** Where jids are indexed. */
const indexed: readonly JobPlace[] = ['working', 'retries', 'scheduled', 'dead'];

/** The job of this jid, wherever it is: `place` is looked at first, ready ones, which must be looked through, otherwise last. */
async function theJob({ jobs }: JobSources, request: FastifyRequest, signal: AbortSignal): Promise<Found> {
  const jid = nameIn(request, 'jid');
  const { place } = request.query as { place?: JobPlace };
  const everywhere: readonly JobPlace[] = [...indexed, 'ready'];
  const first = place ? [place, ...everywhere.filter((other) => other !== place)] : everywhere;
  const found =
    (await lookFor(jobs, jid, first, signal)) ??
    // One that a worker took meanwhile has gone from where it was not looked for yet to where it was.
    (await lookFor(jobs, jid, indexed, signal));
  if (found) return found;
  const text = `there is no job ${jid}: it is done, was discarded, or has moved meanwhile`;
  throw new FaktoryError('NOT_FOUND', text);
}

async function lookFor(
  jobs: Jobs,
  jid: string,
  places: readonly JobPlace[],
  signal: AbortSignal,
): Promise<Found | undefined> {
  let next: string | undefined;
  do {
    const bite = await jobs.finder.find({ places, jids: [jid] }, { cursor: next, limit: 1 }, signal);
    const [found] = bite.jobs;
    if (found) return found;
    next = bite.next;
  } while (next !== undefined);
  return undefined;
}
