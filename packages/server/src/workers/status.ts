/**
 * Workers as people are told of them, by the wire and by the web UI: what the roster knows of each, and what it has in hand.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatTime, type RunningJob, type WorkerStatus, type WorkersStatus } from '@faktory-ts/protocol';
import type { Found } from '../engine/engine.ts';
import { arrayPieces } from '../json-list.ts';
import type { WorkerRecord } from './roster.ts';

const AT_ONCE = 1000; // jobs in a turn of the event loop

type Running = Pick<Found, 'jid' | 'queue' | 'wid' | 'at' | 'expiresAt'> & { readonly jobtype: string };

/**
 * All of them, each with its jobs, and the jobs that others have. Both keep the order of `running`.
 * The event loop runs in between, and before the caller writes the answer.
 */
export async function workersStatus(
  records: readonly WorkerRecord[],
  running: readonly Running[],
): Promise<WorkersStatus> {
  const jobsOf = new Map<string, RunningJob[]>(records.map(({ wid }) => [wid, []]));
  const others: RunningJob[] = [];
  for (let from = 0; from < running.length; from += AT_ONCE) {
    for (const job of running.slice(from, from + AT_ONCE).map(runningJob))
      (jobsOf.get(job.wid) ?? others).push(job);
    await nextTurn();
  }
  return { workers: records.map((record) => workerStatus(record, jobsOf.get(record.wid) ?? [])), others };
}

/** The JSON of the list in short pieces. */
export function* workersPieces({ workers, others }: WorkersStatus): Generator<string> {
  yield '{"workers":';
  yield* arrayPieces(workers, workerPieces);
  yield ',"others":';
  yield* arrayPieces(others);
  yield '}';
}

/** The JSON of a worker in short pieces: it may have thousands of jobs. */
export function* workerPieces({ jobs, ...self }: WorkerStatus): Generator<string> {
  yield `${JSON.stringify(self).slice(0, -1)},"jobs":`;
  yield* arrayPieces(jobs);
  yield '}';
}

function workerStatus(record: WorkerRecord, jobs: RunningJob[]): WorkerStatus {
  const { wid, hostname, pid, labels, queues, state, startedAt, lastBeat, rssKb, lagMs, slots, lines } =
    record;
  return {
    wid,
    hostname,
    pid,
    labels,
    queues,
    state,
    started_at: formatTime(startedAt),
    last_beat: formatTime(lastBeat),
    rss_kb: rssKb,
    lag_ms: lagMs,
    slots,
    connections: lines.size,
    jobs,
  };
}

function runningJob({ jid, jobtype, queue, wid = '', at, expiresAt }: Running): RunningJob {
  const ends = expiresAt === undefined ? {} : { expires_at: formatTime(expiresAt) };
  return { jid, jobtype, queue, wid, started_at: formatTime(at), ...ends };
}
