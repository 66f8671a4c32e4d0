/**
 * The verbs of operators, for connections that asked with EXT: like the other verbs they decode, make one call and write one reply. The
 * protocol package's EXTENSIONS.md is their reference.
 *
 * JOBS, QUEUES, WORKERS and TAIL read; CHANGE, UNDO and SIGNAL operate. JOBS, CHANGE and UNDO do one bite of the work: a client that goes away in the
 * middle of a search takes nothing more of the server.
 */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  formatTime,
  parseChange,
  parseJobsAsk,
  parseSignal,
  parseTail,
  parseTokens,
  parseUndo,
  type QueueStatus,
  type TokensStatus,
  wireJob,
} from '@faktory-ts/protocol';
import type { Found, Progress } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { writeInParts } from '../json-list.ts';
import { answers, LARGE } from '../rounds.ts';
import { sharedBy } from '../shared-run.ts';
import { workersPieces, workersStatus } from '../workers/status.ts';
import { type Answer, bytes, type Desk, jobsAnswer, json, type Session, type Verb } from './commands.ts';

export const operating: readonly (readonly [string, Verb])[] = [
  ['JOBS', { run: findJobs }],
  ['CHANGE', { run: changeJobs }],
  ['UNDO', { run: async (payload, { jobs }) => json(await jobs.undo(parseUndo(payload))) }],
  ['QUEUES', { run: listQueues }],
  ['WORKERS', { run: listWorkers }],
  ['SIGNAL', { run: signal }],
  ['TOKENS', { run: tokens }],
  [
    'TAIL',
    {
      run: async (payload, { jobs }, session) =>
        json(await jobs.tail(parseTail(payload), session.interruption)),
    },
  ],
];

async function findJobs(payload: string, { jobs }: Desk, session: Session): Promise<Answer> {
  const { search, limit, cursor, count } = parseJobsAsk(payload);
  if (count) return json(await jobs.finder.count(search, cursor, session.signal));
  const { jobs: found, ...progress } = await jobs.finder.find(
    search,
    { cursor, limit, lean: true },
    session.signal,
  );
  const length = found.reduce((sum, { document }) => sum + document.length, 0);
  if (length > LARGE) session.makes(length); // it is in memory from now on
  return answers.make<Answer>(length, () =>
    session.isReached()
      ? jobsAnswer(
          `{"jobs":[${found.map(foundText).join(',')}],${progressText(progress)}}`,
          keepQuiet,
          session,
        )
      : undefined,
  );
}

const keepQuiet = (): void => undefined;

const progressText = ({ scanned, total, next }: Progress): string =>
  JSON.stringify({ scanned, total, next }).slice(1, -1);

/** The document is put in as it is: numbers and escapes stay what the client wrote. */
function foundText({ place, at, failedAt, wid, expiresAt, document, enqueuedAt, failure }: Found): string {
  const failed = failedAt !== undefined && { failed_at: formatTime(failedAt) };
  const held = { ...(wid !== undefined && { wid }), ...(expiresAt && { expires_at: formatTime(expiresAt) }) };
  const known = JSON.stringify({ place, at: formatTime(at), ...failed, ...held }).slice(0, -1);
  return `${known},"job":${wireJob(document, enqueuedAt, failure)}}`;
}

async function changeJobs(payload: string, { jobs }: Desk, session: Session): Promise<Answer> {
  return json(await jobs.change(parseChange(payload), session.signal, session.caller.who));
}

// Callers that ask before a list is begun share it.
const queuesOf = sharedBy(queuesText);
const workersOf = sharedBy(workersText);

async function listQueues(_: string, { jobs }: Desk): Promise<Answer> {
  return bytes(await queuesOf(jobs));
}

async function queuesText(jobs: Jobs): Promise<Uint8Array> {
  const queues = await jobs.engine.queues();
  const latency = await jobs.latency(queues.map(({ name }) => name));
  const rows = queues.map((queue): QueueStatus => ({ ...queue, latency: latency[queue.name] ?? 0 }));
  return Buffer.from(JSON.stringify(rows));
}

async function listWorkers(_: string, desk: Desk): Promise<Answer> {
  return bytes(await workersOf(desk));
}

async function workersText({ jobs, roster }: Desk): Promise<Uint8Array> {
  const running = await jobs.running(new AbortController().signal);
  return writeInParts(workersPieces(await workersStatus(roster.workers(), running)));
}

async function signal(payload: string, { roster }: Desk): Promise<Answer> {
  const { wid, state } = parseSignal(payload);
  return json({ signalled: roster.signal(wid, state) });
}

/** Note: no secret is made or told here, because a connection may be plain TCP and a login sends none either. */
function tokens(payload: string, { access, dir }: Desk): Answer {
  const revoked = parseTokens(payload);
  if (revoked !== undefined) {
    access.revoke(revoked);
    return json({ revoked });
  }
  const status: TokensStatus = {
    dir: resolve(dir),
    hostname: hostname(),
    pid: process.pid,
    tokens: access.tokens(),
  };
  return json(status);
}
