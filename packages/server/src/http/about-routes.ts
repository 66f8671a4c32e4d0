/**
 * What the server is, who is connected, and its backups. It must never give out a secret: settings come as a list that leaves them out,
 * and a backup, which holds every job, only to whoever may do everything.
 */
import {
  type About,
  type BackupRow,
  type ClientRow,
  FaktoryError,
  formatTime,
  type KnownJobtype,
  storedJob,
} from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Backup } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { arrayPieces, objectPieces, writeInParts } from '../json-list.ts';
import { namesOf } from './job-row.ts';
import type { Redaction } from './redact.ts';
import { type ApiRoute, JSON_TYPE, object, text } from './routes.ts';

/** What the routes of this file need. */
export interface AboutSources {
  readonly jobs: Jobs;
  readonly redaction: Redaction;
  readonly dir: string;
  readonly version: string;
  /** When the server started, by performance.now(). */
  readonly startedAt: number;
  readonly sync: string;
  readonly keepBackups: number;
  /** Milliseconds; undefined: none are made by themselves. */
  readonly backupEvery: number | undefined;
  readonly settings: About['settings'];
  backups(): { readonly failure: string | undefined } | undefined;
  clients(): readonly ClientRow[];
}

const SAMPLE = 300; // jobs of each place that examples are taken from
const MOST_ARGS = 10_000; // characters of an example

export function aboutRoutes(sources: AboutSources): ApiRoute[] {
  const tags = ['server'];
  return [
    {
      method: 'GET',
      path: '/about',
      schema: { summary: 'Versions, storage and settings, secrets left out.', tags },
      run: () => about(sources),
    },
    {
      method: 'GET',
      path: '/clients',
      schema: { summary: 'Who is connected to the command port.', tags },
      run: async (_request, reply) => {
        const text = await writeInParts(objectPieces([['clients', sources.clients()]], arrayPieces));
        return reply.type(JSON_TYPE).send(text);
      },
    },
    {
      method: 'GET',
      path: '/jobtypes',
      schema: { summary: 'Jobtypes that were seen, with arguments as an example.', tags: ['jobs'] },
      run: async (request) => ({ jobtypes: await jobtypes(sources, request) }),
    },
  ];
}

export function backupRoutes(sources: AboutSources): ApiRoute[] {
  const tags = ['backups'];
  return [
    {
      method: 'GET',
      path: '/backups',
      schema: { summary: 'The backups, newest first.', tags },
      run: async () => ({
        backups: (await sources.jobs.archive.backups()).map((each) => backupRow(sources, each)),
      }),
    },
    {
      method: 'POST',
      path: '/backups',
      schema: { summary: 'Makes a backup now and proves it.', tags },
      run: async (request) => {
        request.raw.socket.setTimeout(0); // that of a large store takes longer than a page may be silent
        return backupRow(sources, await sources.jobs.archive.backup(sources.keepBackups));
      },
    },
    {
      method: 'GET',
      path: '/backups/:id/file',
      schema: {
        summary: 'The file of a backup.',
        tags,
        params: object({ id: text('Its id.', 100) }, ['id']),
      },
      run: (request, reply) => download(sources, request, reply),
    },
  ];
}

async function about(sources: AboutSources): Promise<About> {
  const { dir, version, sync, jobs, backupEvery, keepBackups, settings } = sources;
  const [store, disk] = [await jobs.archive.space(), await jobs.archive.disk()];
  const { commits, operations, seconds } = jobs.engine.figures.commits();
  const space = { disk_free: disk.free, disk_total: disk.total };
  return {
    name: 'faktory-ts',
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    pid: process.pid,
    started_at: new Date(performance.timeOrigin + sources.startedAt).toISOString(),
    storage: {
      dir,
      bytes: store.bytes,
      free: store.free,
      log: store.log,
      sync,
      ...space,
      commits,
      operations,
      commit_seconds: seconds,
    },
    backups: {
      every_seconds: backupEvery === undefined ? null : backupEvery / 1000,
      keep: keepBackups,
      last_error: sources.backups()?.failure ?? null,
    },
    settings,
  };
}

function backupRow(sources: AboutSources, { id, bytes, jobs, bad }: Backup): BackupRow {
  return {
    id,
    made_at: formatTime(sources.jobs.archive.madeAt(id)),
    bytes,
    jobs,
    ...(bad !== undefined && { bad }),
  };
}

async function download(
  sources: AboutSources,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params as { id: string };
  const known = (await sources.jobs.archive.backups()).find(
    (backup) => backup.id === id && backup.bad === undefined,
  );
  if (!known)
    throw new FaktoryError('NOT_FOUND', `there is no backup ${id}: newer ones have taken its place`);
  reply.header('Content-Disposition', `attachment; filename="faktory-${id}.db.gz"`);
  return reply.type('application/gzip').send(sources.jobs.archive.readBackup(id));
}

/** Examples come from jobs that are there now; jobtypes without one come from what was counted since the start. */
async function jobtypes({ jobs, redaction }: AboutSources, request: FastifyRequest): Promise<KnownJobtype[]> {
  const known = new Map<string, KnownJobtype>();
  for (const { queue, jobtype } of jobs.engine.figures.meter.kinds())
    known.set(jobtype, { jobtype, queue, args: '[]' });
  for (const place of ['dead', 'scheduled', 'retries', 'ready', 'working'] as const) {
    const { jobs: found } = await jobs.finder.find({ places: [place] }, { limit: SAMPLE }, request.gone);
    for (const { document, queue } of found) {
      const job = storedJob(document);
      const { jobtype, args } = job;
      if (args.length <= MOST_ARGS)
        known.set(jobtype, { jobtype, queue, args: redaction.args(namesOf(job), args) });
    }
  }
  return [...known.values()].sort((a, b) => (a.jobtype < b.jobtype ? -1 : 1));
}
